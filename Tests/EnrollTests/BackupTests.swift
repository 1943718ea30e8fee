import Foundation
import TestSupport
import Testing

/// `backup` and `restore`, with the real age.
@Suite struct BackupTests {
    let desk: Desk
    let vault: Vault

    init() async throws {
        desk = try Desk()
        vault = try await Vault(in: desk.scratch)
    }

    /// Everything that logs root in, at the time of a backup.
    private struct Factors {
        let phone: Phone
        let token: Token
        let backupCodes: [String]
        let temporaryCode: String
    }

    private func enroll() async throws -> Factors {
        let (phone, codes) = try await desk.enroll()
        let (hex, token) = try Token.random()
        let key = try desk.scratch.write(hex + "\n", to: "fob.key")
        _ = try await desk.json(
            "add", "--no-confirm", "--name", "fob", "--hotp", "--secret-file", key)
        let issued = try await desk.json("issue", "root")
        return Factors(
            phone: phone, token: token, backupCodes: codes,
            temporaryCode: try #require(issued["code"] as? String))
    }

    /// Uses one of each after the backup.
    private func use(_ factors: Factors) async throws -> [String] {
        let used = [
            try await factors.phone.lastCode(), try await factors.token.code(0),
            factors.backupCodes[0], factors.temporaryCode,
        ]
        for code in used { #expect(try await desk.verify(code).0, "\(code)") }
        let shelf = TrustShelf(store: desk.store, user: "root")
        try shelf.trust(try TrustedKeyPair(beginning: "after"), "laptop")
        return used
    }

    @Test(
        "What was used after the backup counts again after the restore",
        arguments: [false, true])
    func used(isLost: Bool) async throws {
        let log = try SystemLog.shared()
        let factors = try await enroll()
        let shelf = TrustShelf(store: desk.store, user: "root")
        try shelf.trust(try TrustedKeyPair(beginning: "before"), "desktop")
        let file = try await desk.backUp(to: vault)
        let used = try await use(factors)
        if isLost { try desk.loseStore() }
        let done = try await desk.restore(file, vault)
        #expect(done.status == 0, "\(done.errors)")
        #expect(done.output.contains("1 user was restored"), "\(done.output)")
        _ = try await log.line(containing: "second factor restored; backup=")
        for code in used + [factors.backupCodes[1]] {
            let (isIn, reason) = try await desk.verify(code)
            #expect(!isIn && reason != "throttled", "\(code): \(reason)")
        }
        let trusted = try await desk.json("trusted", "root")["trusted"] as? [Any]
        #expect(trusted?.isEmpty == true)
        let events = try #require(
            try await desk.json("status", "root")["events"] as? [[String: Any]])
        let event = try #require(events.first { $0["event"] as? String == "restored" })
        let detail = try #require(event["detail"] as? String)
        // One that was used here is known to be.
        let ended = isLost ? "codes, temporary code, token" : "codes"
        #expect(detail.dropFirst("2026-11-30, ".count) == ended, "\(detail)")
        // What was not used counts: a counter that is known, and a later step.
        if isLost {
            #expect(done.output.contains("fob: unknown counter"), "\(done.output)")
            #expect(try await desk.run("unlock", "root").status == 0)
            let (isIn, reason) = try await desk.verify(try await factors.token.code(1))
            #expect(!isIn && reason == "wrong")
            let found = try await Command.run(
                desk.words(["resync", "root", "--name", "fob"]),
                input: "\(try await factors.token.code(3))\n\(try await factors.token.code(4))\n")
            #expect(found.status == 0, "\(found.errors)")
            #expect(try await desk.verify(try await factors.token.code(5)).0)
        } else {
            #expect(try await desk.run("unlock", "root").status == 0)
            #expect(try await desk.verify(try await factors.token.code(1)).0)
        }
        let later = try await Command.run(
            ["date", "-d", "+5 minutes", "+%s"]
        ).output.trimmingCharacters(in: .whitespacesAndNewlines)
        let code = try await factors.phone.code(at: try #require(Int(later)))
        let accepted = try await desk.run(offClock: "+5m", "verify", "root", input: code + "\n")
        #expect(accepted.status == 0, "\(accepted.errors)\(accepted.output)")
    }

    @Test("Backup codes that nobody used end although the admin says so, or used ones stay")
    func kept() async throws {
        let codes = try await desk.enroll().codes
        let file = try await desk.backUp(to: vault)
        #expect(try await desk.verify(codes[0]).0)
        #expect(try await desk.restore(file, vault, "--keep-backup-codes").status == 0)
        #expect(try await desk.verify(codes[0]).0 == false)
        #expect(try await desk.verify(codes[1]).0)
        try desk.loseStore()
        #expect(try await desk.restore(file, vault, "--keep-backup-codes").status == 0)
        #expect(try await desk.verify(codes[2]).0)
    }

    @Test("A backup has the seal key or keys in clear, or is readable by others, or says too much")
    func file() async throws {
        let phone = try await desk.enroll().phone
        let file = desk.scratch.file("backup.age")
        let done = try await desk.run("backup", file, "-r", vault.recipient)
        #expect(done.status == 0, "\(done.errors)")
        #expect(
            done.output == """
                1 record in \(file).
                It was read again; only --identity tries whether it can be decrypted.

                """)
        var status = stat()
        #expect(stat(file, &status) == 0 && status.st_mode & 0o777 == 0o600)
        let bytes = try Data(contentsOf: URL(fileURLWithPath: file))
        #expect(bytes.range(of: Data(phone.secret.utf8)) == nil)
        let plain = try await vault.open(file)
        #expect(plain.hasPrefix("{\"swiftotpBackup\":{\"host\":"), "\(plain)")
        #expect(plain.hasSuffix("{\"end\":{\"records\":1}}\n"), "\(plain)")
        let key = try #require(FileManager.default.contents(atPath: desk.store + "/seal.key"))
        #expect(!plain.contains(key.dropFirst(16).base64EncodedString()))
        #expect(access(file + ".new", F_OK) != 0)
        // Another one takes its place.
        let again = try await desk.json("backup", file, "-r", vault.recipient, "-i", vault.identity)
        #expect(again["decrypted"] as? Bool == true && again["records"] as? Int == 1)
    }

    @Test("A rehearsal changes something, or the answer no does")
    func rehearsal() async throws {
        try await desk.enroll()
        let file = try await desk.backUp(to: vault)
        let before = try Snapshot(of: desk.store)
        let done = try await desk.run("restore", file, "-i", vault.identity, "--dry-run")
        #expect(done.status == 0 && done.output.contains("1 user would be restored"))
        #expect(done.output.contains("10 backup codes would end"), "\(done.output)")
        for answer in ["n", ""] {
            let terminal = try Terminal(desk.words(["restore", file, "-i", vault.identity]))
            try await terminal.expect("Restore this, and end all backup codes? [y/N]")
            try await terminal.type(answer)
            try await terminal.expect("otp-enroll: nothing was changed")
            #expect(try await terminal.finish() == 1)
            #expect(try before.changes().isEmpty)
        }
    }

    @Test("The configuration comes back unasked, or not when asked for, or an invalid one does")
    func configuration() async throws {
        try await desk.enroll()
        let file = try desk.scratch.write("retry = 2\n", to: "own.conf", mode: 0o644)
        let backup = desk.scratch.file("backup.age")
        let made = try await desk.run(
            "backup", backup, "-r", vault.recipient, "--config", file)
        #expect(made.status == 0, "\(made.errors)")
        try desk.scratch.write("retry = 3\n", to: "own.conf", mode: 0o644)
        func text(_ file: String) throws -> String {
            try String(contentsOfFile: file, encoding: .utf8)
        }
        let left = try await desk.restore(backup, vault, "--config", file)
        #expect(left.output.contains("The backup has another \(file): --configuration takes it."))
        #expect(try text(file) == "retry = 3\n")
        for contents in ["nonsense\n", "store = /somewhere/else\n"] {
            let other = desk.scratch.file("other-\(contents.count).age")
            let plain = Data(contents.utf8).base64EncodedString()
            try await vault.seal(
                vault.open(backup).replacing(
                    "\"contents\":\"\(Data("retry = 2\n".utf8).base64EncodedString())\"",
                    with: "\"contents\":\"\(plain)\""), to: other)
            let more = ["--config", file, "--configuration"]
            let refused = try await desk.restore(other, vault, more[0], more[1], more[2])
            #expect(refused.status == 1, "\(refused.output)")
            #expect(try text(file) == "retry = 3\n")
        }
        let taken = try await desk.restore(backup, vault, "--config", file, "--configuration")
        #expect(taken.status == 0, "\(taken.errors)")
        #expect(try text(file) == "retry = 2\n")
        #expect(try text(file + ".before-restore") == "retry = 3\n")
        var status = stat()
        #expect(stat(file, &status) == 0 && status.st_mode & 0o777 == 0o644)
    }

    @Test("A user who was reset, or an authenticator that was removed, comes back unasked")
    func ended() async throws {
        let phone = try await desk.enroll().phone
        try await desk.enroll("--name", "tablet")
        try await desk.enroll("daemon")
        #expect(try await desk.verify(try await phone.lastCode()).0)
        let file = try await desk.backUp(to: vault)
        #expect(try await desk.run("remove", "root", "phone").status == 0)
        #expect(try await desk.run("reset", "daemon").status == 0)
        let done = try await desk.json("restore", file, "-i", vault.identity, "--yes", status: 1)
        let users = try #require(done["users"] as? [[String: Any]])
        #expect(users.map { $0["result"] as? String } == ["replaced", "ended"])
        #expect(users.first?["removed"] as? [String] == ["phone"])
        #expect(try await desk.names() == ["tablet"])
        let back = try await desk.restore(file, vault, "--bring-back")
        #expect(back.status == 0, "\(back.errors)")
        #expect(try await desk.names() == ["phone", "tablet"])
        #expect(try await desk.run("status", "daemon").output.contains("is enrolled"))
    }

    @Test("Users are found by number, or those who are not here are not named")
    func users() async throws {
        try await desk.enroll()
        let account = try await Account.make("mover")
        try await desk.enroll(account.name)
        let file = try await desk.backUp(to: vault)
        let uid = try #require(getpwnam(account.name)).pointee.pw_uid
        let text = try await vault.open(file)
        let other = desk.scratch.file("other.age")
        try await vault.seal(
            text.replacing("\"user\":\"root\"", with: "\"user\":\"nobody-here\"")
                .replacing("\"uid\":\(uid)", with: "\"uid\":7"), to: other)
        try desk.loseStore()
        let done = try await desk.restore(other, vault)
        #expect(done.status == 1)
        #expect(done.output.contains("left out: there is no such user here"), "\(done.output)")
        #expect(desk.record(of: uid) != nil && desk.record(of: 7) == nil)
        #expect(desk.record == nil)
        // An orphan's record is nobody's, whoever has the name now.
        try desk.loseStore()
        try await vault.seal(
            text.replacing("\"isOrphan\":false", with: "\"isOrphan\":true"), to: other)
        let orphans = try await desk.restore(other, vault)
        #expect(orphans.output.contains("left out: it was nobody's on"), "\(orphans.output)")
        #expect(desk.record == nil)
    }
}
