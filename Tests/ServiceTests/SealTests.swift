import Foundation
import TestSupport
import Testing

/// The seal key sealed to a machine, by systemd-creds(1) and a TPM in software; logins by the real
/// module and service.
@Suite("A sealed seal key", .timeLimit(.minutes(5)))
struct SealTests {
    private static let refused = "PAM_AUTHINFO_UNAVAIL"
    private static let sentence = "The code cannot be checked right now"

    /// The files of the disk that have a piece of the key.
    private func holding(_ key: [UInt8], on host: SealedHost) throws -> [String] {
        let forms = SecretForm.binary("seal key", key)
        return try ["disk", "lib/swiftotp", "lib/systemd"].flatMap { folder in
            try host.names(folder).filter { name in
                let bytes = host.bytes("\(folder)/\(name)") ?? Data()
                return forms.contains { bytes.range(of: Data($0.bytes)) != nil }
            }
        }
    }

    @Test("Sealed by the TPM, the key is still on the disk, or logins do not go on")
    func sealed() async throws {
        _ = try SystemLog.shared()
        let host = try await SealedHost()
        let file = try #require(host.bytes("disk/seal.key"))
        // What a killed writer has left may be the key.
        try file.write(to: URL(fileURLWithPath: host.place("disk/new.1")))
        chmod(host.place("disk/new.1"), 0o600)
        let key = Array(file.dropFirst(16))
        #expect(try holding(key, on: host) == ["new.1", "seal.key"])
        let service = try await host.serve()
        #expect(try await service.host.login(SealedHost.user, host.codes[0]).name == "PAM_SUCCESS")
        try await host.seal()
        #expect(
            try host.names("disk") == ["seal.kept", "seal.key.cred", "seal.recovery"])
        #expect(try holding(key, on: host) == [])
        #expect(host.bytes("memory/seal.key") == file)
        // The service that was running, one for one login, and both after a start.
        #expect(try await service.host.login(SealedHost.user, host.codes[1]).name == "PAM_SUCCESS")
        #expect(try await host.login(host.codes[2]).name == "PAM_SUCCESS")
        let opened = try await host.restart()
        #expect(opened.status == 0, "\(opened.errors)")
        #expect(host.bytes("memory/seal.key") == file)
        #expect(try await service.host.login(SealedHost.user, host.codes[3]).name == "PAM_SUCCESS")
        #expect(try await host.login(host.codes[4]).name == "PAM_SUCCESS")
        #expect(try await host.login(host.codes[1]).name == "PAM_AUTH_ERR")
        let told = try await host.run("seal")
        #expect(told.output.contains("sealed by the TPM (tpm2, PCR 7). It is open."))
        _ = try await SystemLog.shared().line(containing: "seal key kept; in=tpm2 by=")
    }

    @Test(
        "A stolen disk or backup opens something on another machine, or a new store is made there")
    func stolen() async throws {
        let log = try SystemLog.shared()
        let host = try await SealedHost()
        try await host.seal()
        let thief = try await host.stolen()
        let opened = try await thief.restart()
        #expect(opened.status == 1)
        #expect(opened.errors.contains("otp-enroll seal --recover"), "\(opened.errors)")
        let program = try Build.product("swiftotpd")
        for words in [
            ["list"], ["status", SealedHost.user], ["init"], ["init", "--empty"],
            ["rekey", "--yes"],
            ["export", "--all"], ["seal", "--to", "file"],
        ] {
            let words = try [Build.product("otp-enroll")] + words
            let done = try await Command.run(thief.running(words))
            #expect(done.status != 0, "\(words)")
            #expect(!done.output.contains(SealedHost.user) || words.contains("list"), "\(words)")
        }
        let made = try await Command.run(thief.running([program, "--init"]))
        #expect(made.status == 1 && made.errors.contains("otp-enroll seal --recover"))
        #expect(try thief.names("memory") == [])
        let login = try await thief.login(host.codes[0])
        #expect(login.name == Self.refused && login.said.contains { $0.contains(Self.sentence) })
        _ = try await log.line(containing: "the seal key is sealed, and was not opened")
        // Nothing was lost at home, and nothing is opened by the credential of somebody else.
        #expect(try await host.login(host.codes[0]).name == "PAM_SUCCESS")
        let other = try await SealedHost()
        try await other.seal()
        for name in ["disk/seal.key.cred", "disk/seal.recovery"] {
            let bytes = try #require(other.bytes(name))
            try bytes.write(to: URL(fileURLWithPath: host.place(name)))
        }
        #expect(try await host.restart().status == 1)
        #expect(try await host.login(host.codes[1]).name == Self.refused)
    }

    @Test(
        "After a change of the firmware or a cleared TPM the key opens, or the recovery key does not",
        arguments: [false, true])
    func recovered(_ clears: Bool) async throws {
        let host = try await SealedHost()
        let key = try await host.seal()
        try await clears ? host.tpm.clear() : host.tpm.changeFirmware()
        let closed = try await host.restart()
        #expect(closed.status == 1 && closed.errors.contains("otp-enroll seal --recover"))
        let refused = try await host.login(host.codes[0])
        #expect(refused.name == Self.refused)
        #expect(refused.said.contains { $0.contains(Self.sentence) }, "\(refused.said)")
        let doctor = try await host.run("doctor")
        #expect(doctor.output.contains("otp-enroll seal --recover\n"), "\(doctor.output)")

        // A digit for another, two groups in the wrong order, one that is missing.
        let groups: [String] = key.split(separator: "-").map(String.init)
        let other: Character = key.first == "7" ? "8" : "7"
        let changed: String = "\(other)\(key.dropFirst())"
        let swapped: String = ([groups[1], groups[0]] + groups.dropFirst(2)).joined()
        let mistakes: [(String, String)] = [
            (changed, "its checksum is wrong"), (swapped, "its checksum is wrong"),
            (groups.dropFirst().joined(), "it has 28 symbols, not 32"),
            ("", "it has 0 symbols"), ("U\(key.dropFirst())", "\"U\" is not in any"),
        ]
        for (typed, words) in mistakes {
            let done = try await host.run("seal", "--recover", input: typed + "\n")
            #expect(done.status == 1 && done.errors.contains(words), "\(typed): \(done.errors)")
        }
        let neighbor = try await SealedHost().seal()
        let wrong = try await host.run("seal", "--recover", input: neighbor + "\n")
        #expect(wrong.status == 1 && wrong.errors.contains("with another recovery key"))
        #expect(try await host.login(host.codes[0]).name == Self.refused)

        let typed = key.lowercased().replacing("-", with: " ")
        let done = try await host.run("seal", "--recover", input: typed + "\n")
        #expect(done.status == 0, "\(done.errors)")
        #expect(try await host.login(host.codes[0]).name == "PAM_SUCCESS")
        #expect(try await host.restart().status == 0)
        #expect(try await host.login(host.codes[1]).name == "PAM_SUCCESS")
        // The one that was used is void; the new one is in force.
        let again = try await host.run("seal", "--recover", input: key + "\n")
        #expect(again.status == 1)
        let newKey = try scratchFile(SealedHost.recoveryKey(in: done.output), of: host)
        let last = try await host.run("seal", "--recover", "--recovery-file", newKey)
        #expect(last.status == 0, "\(last.errors)")
    }

    private func scratchFile(_ text: String, of host: SealedHost) throws -> String {
        try host.scratch.write(text + "\n", to: "recovery-key")
    }

    @Test("A copy of the disk and the recovery key do not bring a machine back on another board")
    func replacedBoard() async throws {
        let host = try await SealedHost()
        let key = try await host.seal()
        let next = try await host.stolen()
        #expect(try await next.restart().status == 1)
        let done = try await next.run("seal", "--recover", input: key + "\n")
        #expect(done.status == 0, "\(done.errors)")
        #expect(try await next.restart().status == 0)
        #expect(try await next.login(host.codes[0]).name == "PAM_SUCCESS")
    }

    @Test("A rekey of a sealed key leaves it in a file, keeps the old one, or loses logins")
    func rekeyed() async throws {
        let host = try await SealedHost()
        let before = try #require(host.bytes("disk/seal.key"))
        let first = try await host.seal()
        let done = try await host.run("rekey", "--yes")
        #expect(done.status == 0, "\(done.errors)")
        let second = try SealedHost.recoveryKey(in: done.output)
        #expect(
            try host.names("disk") == ["seal.kept", "seal.key.cred", "seal.recovery"])
        #expect(try host.names("memory") == ["seal.key"])
        let after = try #require(host.bytes("memory/seal.key"))
        #expect(after != before)
        #expect(try await host.login(host.codes[0]).name == "PAM_SUCCESS")
        #expect(try await host.restart().status == 0)
        #expect(host.bytes("memory/seal.key") == after)
        #expect(try await host.login(host.codes[1]).name == "PAM_SUCCESS")
        #expect(try holding(Array(after.dropFirst(16)), on: host) == [])
        try await host.tpm.clear()
        #expect(try await host.restart().status == 1)
        #expect(try await host.run("seal", "--recover", input: first + "\n").status == 1)
        #expect(try await host.run("seal", "--recover", input: second + "\n").status == 0)
        #expect(try await host.login(host.codes[2]).name == "PAM_SUCCESS")
    }

    @Test("Back in a file, something sealed is left, or logins do not go on")
    func unsealed() async throws {
        let host = try await SealedHost()
        let before = try #require(host.bytes("disk/seal.key"))
        let key = try await host.seal()
        let service = try await host.serve()
        #expect(try await service.host.login(SealedHost.user, host.codes[0]).name == "PAM_SUCCESS")
        let done = try await host.run("seal", "--to", "file")
        #expect(done.status == 0, "\(done.errors)")
        #expect(try host.names("disk") == ["seal.key"])
        #expect(try host.names("memory") == [])
        #expect(host.bytes("disk/seal.key") == before)
        #expect(try await service.host.login(SealedHost.user, host.codes[1]).name == "PAM_SUCCESS")
        #expect(try await host.restart().status == 0)
        #expect(try await host.login(host.codes[2]).name == "PAM_SUCCESS")
        let nothing = try await host.run("seal", "--recover", input: key + "\n")
        #expect(nothing.status == 1 && nothing.errors.contains("nothing to recover"))
    }

    @Test("Without a TPM there is no other choice, or a host key is said to be as good")
    func hostKey() async throws {
        let host = try await SealedHost()
        let none = try await host.run("seal", "--to", "tpm2")
        #expect(none.status == 1 && none.errors.contains("no TPM 2.0 here"), "\(none.errors)")
        #expect(none.errors.contains("--to credential") && none.errors.contains("--to file"))
        #expect(try host.names("disk") == ["seal.key"])
        try await host.seal(to: "credential")
        #expect(try await host.restart().status == 0)
        #expect(try await host.login(host.codes[0]).name == "PAM_SUCCESS")
        let told = try await host.run("seal")
        #expect(told.output.contains("which is on this disk"), "\(told.output)")
        let doctor = try await host.run("doctor").output
            .split(whereSeparator: \.isWhitespace).joined(separator: " ")
        #expect(doctor.contains("a copy of the whole disk opens the records"), "\(doctor)")
        #expect(doctor.contains("host key of systemd, which is on this disk (host), sealed today"))
        // A backup without the host key is of no use, and with both keys neither opens alone.
        let thief = try await host.stolen()
        for name in try thief.names("lib/systemd") {
            unlink(thief.place("lib/systemd") + "/" + name)
        }
        #expect(try await thief.restart().status == 1)
        try await host.seal("--tpm2-device", host.tpm.device, to: "credential")
        #expect(try await host.run("seal", "--json").output.contains("\"kept\": \"host+tpm2\""))
        let both = try await host.stolen()
        #expect(try await both.restart().status == 1)
        #expect(try await host.restart().status == 0)
    }

    @Test("The command is for everybody, or for stores that keep their key inside")
    func refusals() async throws {
        let host = try await SealedHost()
        for words in [["seal"], ["seal", "--recover"], ["seal", "--to", "file"]] {
            let program = try Build.product("otp-enroll")
            let user = try await Command.run(
                host.running(
                    [
                        "setpriv", "--reuid", "games", "--regid", "games", "--clear-groups",
                        "--inh-caps", "+dac_read_search", "--ambient-caps", "+dac_read_search",
                        program,
                    ] + words))
            #expect(user.status == 1 && user.errors.contains("only root may"), "\(user.errors)")
        }
        let inside = try await host.run(
            "seal", "--to", "tpm2", "--store", host.place("lib/swiftotp"))
        #expect(inside.status == 1 && inside.errors.contains("keeps its key inside"))
        for device in ["--to=x", "a b", "x;y", "$(z)", "-x"] {
            let done = try await host.run("seal", "--to", "tpm2", "--tpm2-device=\(device)")
            #expect(done.status != 0, "\(device)")
        }
        for pcrs in ["24", "7,8", "07", "+7", "x"] {
            let done = try await host.run("seal", "--to", "tpm2", "--tpm2-pcrs=\(pcrs)")
            #expect(done.status == 64, "\(pcrs)")
        }
        #expect(try host.names("disk") == ["seal.key"])
    }
}
