import Foundation
import TestSupport
import Testing

/// Backups that are not whole, not ours, or cannot be written.
@Suite struct BackupBadInputTests {
    let desk: Desk
    let vault: Vault

    init() async throws {
        desk = try Desk()
        vault = try await Vault(in: desk.scratch)
    }

    @Test("A backup of which a part is missing or changed is restored in part")
    func damaged() async throws {
        try await desk.enroll()
        let file = try await desk.backUp(to: vault)
        let whole = try Data(contentsOf: URL(fileURLWithPath: file))
        let before = try Snapshot(of: desk.store)
        let bad = desk.scratch.file("bad.age")
        var kinds: [Data] = [0, 10, 60, whole.count / 2, whole.count - 1].map { whole.prefix($0) }
        for place in [5, 30, 150, whole.count / 2, whole.count - 1] {
            var changed = whole
            changed[place] ^= 1
            kinds.append(changed)
        }
        kinds.append(whole + Data([0]))
        for (number, bytes) in kinds.enumerated() {
            try bytes.write(to: URL(fileURLWithPath: bad))
            let done = try await desk.restore(bad, vault)
            #expect(done.status == 1 && done.errors.hasPrefix("otp-enroll: "), "\(number)")
            #expect(try before.changes().isEmpty, "\(number): \(done.errors)")
        }
    }

    @Test("A backup of another version, another host, or for somebody else is restored unasked")
    func others() async throws {
        try await desk.enroll()
        let file = try await desk.backUp(to: vault)
        let before = try Snapshot(of: desk.store)
        let text = try await vault.open(file)
        func refused(_ text: String, _ why: String, _ more: String...) async throws {
            let other = desk.scratch.file("other-\(UUID().uuidString).age")
            try await vault.seal(text, to: other)
            let done = try await desk.restore(other, vault)
            #expect(done.status == 1 && done.errors.contains(why), "\(done.errors)")
            #expect(try before.changes().isEmpty, "\(why)")
        }
        try await refused(
            text.replacing("\"version\":1}", with: "\"version\":2}"),
            "it is of version 2, and this program reads 1")
        try await refused(
            text.replacing(#/"time":\d+/#, with: "\"time\":4000000000"),
            "this machine's clock is before the time of the backup")
        try await refused("hello\n", "it is not a backup")
        try await refused(String(text.dropLast(25)), "its end is missing")
        let elsewhere = text.replacing(
            "\"host\":\"\(Self.host)\"", with: "\"host\":\"web9.example.com\"")
        try await refused(elsewhere, "the backup is of web9.example.com, and this is")
        let moved = desk.scratch.file("moved.age")
        try await vault.seal(elsewhere, to: moved)
        #expect(try await desk.restore(moved, vault, "--other-host").status == 0)
        // The key of somebody else.
        let stranger = try await Vault(in: desk.scratch)
        let done = try await desk.restore(file, stranger)
        #expect(done.status == 1)
        #expect(done.errors.contains("no identity matched"), "\(done.errors)")
    }

    private static var host: String {
        var name = [CChar](repeating: 0, count: 256)
        gethostname(&name, name.count)
        return String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    @Test("A file in clear is taken from the disk, or is not taken from a pipe")
    func clear() async throws {
        let codes = try await desk.enroll().codes
        let file = try await desk.backUp(to: vault)
        let text = try await vault.open(file)
        let clear = try desk.scratch.write(text, to: "clear")
        let done = try await desk.restore(clear, vault)
        #expect(done.status == 1 && done.errors.contains("it is not encrypted with age"))
        let piped = try await desk.run("restore", "-", "--yes", input: text)
        #expect(piped.status == 0, "\(piped.errors)")
        #expect(try await desk.verify(codes[0]).0 == false)
    }

    @Test("A record that is none, or trouble with one, keeps the others out or is not named")
    func records() async throws {
        try await desk.enroll()
        try await desk.enroll("daemon")
        let file = try await desk.backUp(to: vault)
        let text = try await vault.open(file)
        let other = desk.scratch.file("other.age")
        try await vault.seal(
            text.replacing(#/"contents":"[^"]*"(.*"user":"daemon")/#) {
                "\"contents\":\"AAAA\"\($0.output.1)"
            }, to: other)
        truncate("\(desk.store)/0", 10)
        let done = try await desk.restore(other, vault)
        #expect(done.status == 1)
        #expect(done.output.contains("left out: its record is invalid"), "\(done.output)")
        #expect(done.output.contains("the record here is unreadable"), "\(done.output)")
        #expect(try await desk.isEnrolled())
        // A backup names what it does not have.
        truncate("\(desk.store)/1", 10)
        let partly = try await desk.run(
            "backup", desk.scratch.file("partly.age"), "-r", vault.recipient)
        #expect(partly.status == 1)
        #expect(partly.errors.contains("1 record cannot be read, and not in the backup"))
    }

    @Test("On a full disk a part of a backup stays, or an earlier one is lost")
    func fullDisk() async throws {
        for user in ["root", "daemon", "bin", "sys"] { try await desk.enroll(user) }
        let small = try desk.scratch.folder("small")
        try await Command.output(
            ["mount", "-t", "tmpfs", "-o", "size=32k,mode=700", "small", small])
        defer { umount2(small, Int32(MNT_DETACH)) }
        let file = small + "/backup.age"
        let first = try await desk.run("backup", file, "-r", vault.recipient)
        #expect(first.status == 0, "\(first.errors)")
        let kept = FileManager.default.contents(atPath: file)
        _ = try await Command.run(["dd", "if=/dev/zero", "of=\(small)/filler", "bs=1k"])
        let done = try await desk.run("backup", file, "-r", vault.recipient)
        #expect(done.status == 1, "\(done.errors)")
        #expect(done.errors.contains("no space left on device"), "\(done.errors)")
        #expect(FileManager.default.contents(atPath: file) == kept)
        #expect(try FileManager.default.contentsOfDirectory(atPath: small).count == 2)
    }

    @Test("On a full disk a restore loses a record, or does not go on once there is room")
    func fullStore() async throws {
        let users = ["root", "daemon", "bin", "sys", "games", "man", "mail", "news"]
        let codes = try await desk.enroll().codes
        for user in users.dropFirst() { try await desk.enroll(user) }
        let file = try await desk.backUp(to: vault)
        try desk.loseStore()
        try desk.makeFolder()
        try await Command.output(
            ["mount", "-t", "tmpfs", "-o", "size=48k,mode=700", "small", desk.store])
        defer { umount2(desk.store, Int32(MNT_DETACH)) }
        let done = try await desk.restore(file, vault)
        #expect(done.status == 1 && done.errors.contains("no space left on the device"))
        #expect(done.errors.contains("run it again"), "\(done.errors)")
        try await Command.output(["mount", "-o", "remount,size=4M", desk.store])
        let again = try await desk.restore(file, vault)
        #expect(again.status == 0, "\(again.errors)")
        for user in users {
            #expect(try await desk.run("status", user).output.contains("is enrolled"), "\(user)")
        }
        #expect(try await desk.verify(codes[0]).0 == false)
    }

    @Test("Two backups to one file, a file that is none, or wrong words spoil something")
    func words() async throws {
        try await desk.enroll()
        let folder = try desk.scratch.folder("folder")
        let there = try await desk.run("backup", folder, "-r", vault.recipient)
        #expect(there.status == 1 && there.errors.contains("it is a directory"), "\(there.errors)")
        for words in [
            [], ["x"], ["x", "-r", "y", "--passphrase"], ["--to", "h", "x"], ["-", "-r", "y"],
            ["x", "-r", "y", "--keep-backup-codes"],
        ] {
            let done = try await Command.run(desk.words(["backup"] + words))
            #expect(done.status == 64, "\(words)")
        }
        let nobody = try await desk.run("backup", desk.scratch.file("x"), "-r", "nonsense")
        #expect(nobody.status == 1 && nobody.errors.hasPrefix("otp-enroll: age: "))
        #expect(access(desk.scratch.file("x.new"), F_OK) != 0)
        let link = desk.scratch.file("link.age.new")
        symlink("/etc/passwd", link)
        let linked = try await desk.run(
            "backup", desk.scratch.file("link.age"), "-r", vault.recipient)
        #expect(linked.status == 1, "\(linked.output)")
    }
}

extension Desk {
    fileprivate func makeFolder() throws {
        guard mkdir(store, 0o700) == 0 else { throw Trouble("cannot make \(store)") }
    }
}
