import Foundation
import TestSupport
import Testing

/// A service that is killed during a rekey: logins go on, and the next run finishes it.
@Suite struct RekeyKilledProof {
    @Test("Killed at a call, a rekey locks users out, makes a code good twice, or cannot end")
    func eachCall() async throws {
        let desk = try Desk()
        let codes = try await desk.enroll().codes
        try await desk.enroll("daemon")
        #expect(try await desk.verify(codes[0]) == (true, "backup-code"))
        let command = try TracedCommand(["rekey", "--yes"], at: desk)
        let saved = try Snapshot(of: desk.store)
        #expect(try await command.traced().status == 0)
        let calls = try command.seen.calls
        let writing = ["renameat2", "unlinkat", "fsync", "pwritev"]
        let chosen = calls.filter { Proof.isLong || writing.contains($0.name) }
        try #require(chosen.count > 20)
        for call in chosen {
            try saved.restore()
            _ = try await command.traced(call.kill)
            #expect(try await desk.verify(codes[0]).0 == false, "\(call)")
            #expect(try await desk.verify(codes[1]).0, "\(call)")
            let again = try await command.run()
            #expect(again.status == 0, "\(call): \(again.errors)")
            let names = try FileManager.default.contentsOfDirectory(atPath: desk.store)
            #expect(!names.contains("seal.key.next"), "\(call)")
            #expect(names.count { $0.hasPrefix("name-") } == 2, "\(call): \(names)")
            #expect(try await desk.verify(codes[1]).0 == false, "\(call)")
            #expect(try await desk.verify(codes[2]).0, "\(call)")
            let other = try await desk.run("status", "daemon")
            #expect(other.output.contains("is enrolled"), "\(call): \(other.errors)")
        }
    }

    @Test(
        "A power cut finds a file renamed before it is on the disk, or the old key destroyed too soon"
    )
    func order() async throws {
        let desk = try Desk()
        try await desk.enroll()
        let trace = desk.scratch.file("trace")
        let words = Trace.words(to: trace, follows: false, appends: true).joined(separator: " ")
        let service = try WrappedService(in: desk.scratch, behind: words)
        let done = try await Command.run(desk.words(["rekey", "--yes"], by: service.program))
        #expect(done.status == 0, "\(done.errors)")
        let calls = try Trace(trace).calls.filter {
            ["renameat2", "fsync", "pwritev", "unlinkat"].contains($0.name) && $0.result ?? -1 >= 0
        }
        let names = calls.map(\.name)
        for index in calls.indices where calls[index].name == "renameat2" {
            // Decoys are of no value.
            if calls[index].line.contains("\"decoy-") { continue }
            #expect(names[index - 1] == "fsync" && names[index + 1] == "fsync", "\(calls[index])")
        }
        // The last writes: the next key is synced, the old one overwritten and synced, then named.
        #expect(
            names.suffix(6) == ["fsync", "fsync", "pwritev", "fsync", "renameat2", "fsync"],
            "\(calls.suffix(8).map(\.line))")
        let last = try #require(calls.last { $0.name == "renameat2" })
        #expect(last.line.contains("\"seal.key.next\""))
    }

    @Test("Killed at random ten times while users log in, a rekey loses a record or a login")
    func random() async throws {
        let desk = try Desk()
        let codes = try await desk.enroll().codes
        let record = try #require(desk.record)
        for name in Self.others { _ = try await desk.enroll(name) }
        let around = try desk.scratch.write("", to: "around")
        let service = try WrappedService(in: desk.scratch, behind: "$(cat '\(around)')")
        let words = try desk.words(["rekey", "--yes"], by: service.program)
        var killed = 0
        for code in codes {
            let time = "0.\(Int.random(in: 100...199))".replacing("0.1", with: "0.0")
            try desk.scratch.write("timeout -s KILL \(time)", to: "around")
            async let rekey = Command.run(words)
            async let login = desk.verify(code)
            #expect(try await login.0)
            if try await rekey.status != 0 { killed += 1 }
        }
        try #require(killed > 0)
        let done = try await desk.run("rekey", "--yes")
        #expect(done.status == 0, "\(done.errors)")
        for code in codes { #expect(try await desk.verify(code).0 == false) }
        #expect(desk.record != record)
        for name in Self.others {
            #expect(try await desk.run("status", name).output.contains("is enrolled"), "\(name)")
        }
    }

    private static let others = [
        "daemon", "bin", "sys", "games", "man", "mail", "news", "lp", "proxy",
    ]
}
