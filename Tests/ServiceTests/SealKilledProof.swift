import Foundation
import TestSupport
import Testing

/// Sealing, unsealing and a rekey that are killed: logins go on, also after a start of the machine,
/// and the next run finishes.
@Suite(.timeLimit(.minutes(20)))
struct SealKilledProof {
    private static let writing = ["mkdirat", "renameat2", "unlinkat", "fsync", "pwritev"]
    private static let folders = ["disk", "lib/swiftotp", "memory"]

    /// Kills the command at each call that changes a file, from what is there now; `finish` runs it
    /// again.
    private func killing(_ host: SealedHost, _ words: [String]) async throws {
        let saved = try Self.folders.map { try Snapshot(of: host.place($0)) }
        let trace = host.scratch.file("trace")
        let program = try Build.product("otp-enroll")
        func run(_ injection: String? = nil) async throws -> Command {
            unlink(trace)
            try await host.tpm.flush()
            let before = Trace.words(to: trace, injection: injection, follows: false)
            return try await Command.run(host.running(before + [program] + words))
        }
        let whole = try await run()
        #expect(whole.status == 0, "\(whole.errors)")
        let calls = try Trace(trace).calls.filter { Self.writing.contains($0.name) }
        try #require(calls.count > 8, "\(calls)")
        for call in calls {
            for snapshot in saved { try snapshot.restore() }
            _ = try await run(call.kill)
            #expect(try await host.login(host.codes[0]).name == "PAM_SUCCESS", "\(call)")
            let opened = try await host.restart()
            #expect(opened.status == 0, "\(call): \(opened.errors)")
            #expect(try await host.login(host.codes[1]).name == "PAM_SUCCESS", "\(call)")
            let again = try await run()
            #expect(again.status == 0, "\(call): \(again.errors)")
            let names = try host.names("disk").filter { !$0.hasPrefix("new.") }
            let expected =
                words.contains("file")
                ? ["seal.key"] : ["seal.kept", "seal.key.cred", "seal.recovery"]
            #expect(names == expected, "\(call)")
            #expect(try await host.restart().status == 0, "\(call)")
            #expect(try await host.login(host.codes[2]).name == "PAM_SUCCESS", "\(call)")
            #expect(try await host.login(host.codes[1]).name == "PAM_AUTH_ERR", "\(call)")
        }
    }

    @Test("Killed at a call, sealing locks users out, or cannot be finished")
    func sealing() async throws {
        let host = try await SealedHost()
        try await killing(host, ["seal", "--to", "tpm2", "--tpm2-device", host.tpm.device])
    }

    @Test("Killed at a call, going back to a file locks users out, or cannot be finished")
    func unsealing() async throws {
        let host = try await SealedHost()
        try await host.seal()
        try await killing(host, ["seal", "--to", "file"])
    }

    @Test("Killed at a call, a rekey of a sealed key locks users out, or cannot be finished")
    func rekeying() async throws {
        let host = try await SealedHost()
        try await host.seal()
        try await killing(host, ["rekey", "--yes"])
    }

    @Test("Killed during a rekey of a sealed key, the recovery keys open too little")
    func recovering() async throws {
        let host = try await SealedHost()
        try await host.seal()
        // The service is killed at its first record; both keys are in use.
        let trace = host.scratch.file("trace")
        try await host.tpm.flush()
        let words = Trace.words(to: trace, injection: "sendto:signal=KILL:when=3", follows: false)
        let program = try Build.product("otp-enroll")
        let done = try await Command.run(host.running(words + [program, "rekey", "--yes"]))
        #expect(done.status != 0)
        #expect(try host.names("disk").contains("seal.key.next.cred"))
        let key = try SealedHost.recoveryKey(in: done.output)
        try await host.tpm.clear()
        #expect(try await host.restart().status == 1)
        try await host.tpm.flush()
        let recovered = try await host.run(
            "seal", "--recover", "--to", "credential", input: key + "\n")
        #expect(recovered.status == 0, "\(recovered.errors)")
        #expect(try await host.login(host.codes[0]).name == "PAM_SUCCESS")
        let rekeyed = try await host.run("rekey", "--yes")
        #expect(rekeyed.status == 0, "\(rekeyed.errors)")
        #expect(try host.names("memory") == ["seal.key"])
        #expect(try await host.login(host.codes[1]).name == "PAM_SUCCESS")
    }
}
