import Foundation
import TestSupport
import Testing

/// What is refused: the exit status, the message, and no change.
@Suite struct BadInputTests {
    let desk: Desk

    init() throws { desk = try Desk() }

    /// Arguments, the exit status, and a part of the message.
    static let table: [([String], Int32, String)] = [
        (["add", "--name", ""], 64, "a name has 1 to 32"),
        (["add", "--name", "a:b"], 64, "a name has 1 to 32"),
        (["add", "--name", " phone"], 64, "a name has 1 to 32"),
        (["add", "--name", "caf\u{e9}"], 64, "a name has 1 to 32"),
        (["add", "--name", "\u{1b}[31m"], 64, "a name has 1 to 32"),
        (["add", "--name", String(repeating: "x", count: 33)], 64, "a name has 1 to 32"),
        (["add", "--issuer", "host:22"], 64, "without a colon"),
        (["add", "--issuer", ""], 64, "without a colon"),
        (["add", "--issuer", "a\u{202e}b"], 64, "control characters"),
        (["add", "--issuer", String(repeating: "x", count: 65)], 64, "1 to 64 bytes"),
        (["add", "--account", "a:b"], 64, "without a colon"),
        (["add", "--digits", "9"], 64, "a code has 6, 7 or 8 digits"),
        (["add", "--digits", "5"], 64, "a code has 6, 7 or 8 digits"),
        (["add", "--digits", "six"], 64, "a code has 6, 7 or 8 digits"),
        (["add", "--period", "5"], 64, "15 to 120 seconds"),
        (["add", "--period", "121"], 64, "15 to 120 seconds"),
        (["add", "--period", "-30"], 64, "period"),
        (["add", "--algorithm", "MD5"], 64, "SHA1, SHA256 or SHA512"),
        (["add", "--qr", "png"], 64, "'png' is invalid"),
        (["add", "--secret-file", "-"], 64, "--secret-file - needs --no-confirm"),
        (["add", "--json"], 64, "--json needs --no-confirm"),
        (["add", "root", "root"], 64, "unexpected argument 'root'"),
        (["add", "--what"], 64, "unknown option '--what'"),
        (["remove"], 64, "missing expected argument"),
        (["remove", "a", "b", "c"], 64, "name an authenticator"),
        (["add", "nobody-of-this-name"], 1, "there is no user \"nobody-of-this-name\""),
        (["nobody-of-this-name"], 1, "there is no user"),
        (["status", "a\u{1b}[2Jb"], 1, "there is no user \"a[2Jb\""),
        (["add", "root"], 1, "there is no terminal"),
        (["codes"], 1, "root is not enrolled"),
        (["remove", "phone"], 1, "root is not enrolled"),
        (["disable"], 1, "root is not enrolled"),
        (["verify"], 1, "root is not enrolled"),
        (["unlock", "root"], 1, "root is not enrolled"),
        (["reset", "root"], 1, "root is not enrolled"),
        (["list", "--group", "a\u{1b}[2Jb"], 1, "there is no group \"a[2Jb\""),
        (["list", "--config", "/nowhere"], 1, "otp-enroll: /nowhere"),
        (["status", "--config", "/nowhere/at/all"], 1, "otp-enroll: /nowhere"),
        (["add", "--no-confirm", "--qr-file", "/nowhere/qr.svg"], 1, "/nowhere/qr.svg"),
    ]

    @Test(arguments: table)
    func badInputIsRefused(arguments: [String], status: Int32, words: String) async throws {
        let done = try await Command.run(desk.words(arguments))
        #expect(done.status == status, "\(done.errors)")
        #expect(done.output.isEmpty)
        #expect(done.errors.contains(words), "\(done.errors)")
        let line = try #require(done.errors.split(separator: "\n").first)
        #expect(line.hasPrefix("otp-enroll: ") && line.last != ".", "\(line)")
        let first = try #require(line.dropFirst("otp-enroll: ".count).first)
        #expect(!first.isUppercase, "\(line)")
        #expect(done.errors.unicodeScalars.allSatisfy { $0.value >= 32 || $0 == "\n" })
        #expect(desk.record == nil)
    }

    @Test func aBadConfigurationNamesFileAndLine() async throws {
        let file = try desk.scratch.write(
            "# comment\nwindow = 11\n", to: "swiftotp.conf", mode: 0o644)
        let done = try await desk.run("status", "--config", file)
        #expect(done.status == 1)
        #expect(
            done.errors == "otp-enroll: \(file) line 2: `window` takes a number from 0 to 10\n")
    }

    /// Damage to the store, and the message about it.
    enum Damage: String, CaseIterable {
        case open, truncated, flipped, link, noKey

        func harm(_ desk: Desk) throws {
            let record = desk.store + "/0"
            let files = FileManager.default
            switch self {
            case .open: chmod(record, 0o644)
            case .truncated: truncate(record, 1000)
            case .flipped: try desk.flipRecord()
            case .link:
                try files.moveItem(atPath: record, toPath: desk.scratch.file("moved"))
                symlink(desk.scratch.file("moved"), record)
            case .noKey: try files.removeItem(atPath: desk.store + "/seal.key")
            }
        }
    }

    @Test(arguments: Damage.allCases)
    func aDamagedStoreIsLeftAlone(damage: Damage) async throws {
        try await desk.enroll()
        try damage.harm(desk)
        let before = desk.record
        for arguments in [
            ["status"], ["add", "--no-confirm"], ["codes"], ["verify"], ["remove", "phone"],
        ] {
            let done = try await Command.run(desk.words(arguments), input: "123456\n")
            #expect(done.status == 1, "\(arguments)")
            #expect(done.output.isEmpty)
            #expect(done.errors.hasPrefix("otp-enroll: \(desk.store)/"), "\(done.errors)")
            #expect(desk.record == before, "\(arguments)")
        }
    }

    @Test func aStoreThatCannotBeWrittenEnrollsNobody() async throws {
        try await desk.enroll()
        let before = desk.record
        // A limit on file sizes comes closest to a full disk.
        let done = try await Command.run(
            ["prlimit", "--fsize=0"] + desk.words(["add", "--no-confirm", "--json"]))
        #expect(done.status != 0)
        #expect(!done.output.contains("secret"))
        #expect(desk.record == before)
    }

    @Test func outputThatIsLostIsAFailure() async throws {
        let words = try desk.words(["add", "--no-confirm", "--json"])
        let done = try await Command.run(["sh", "-c", #""$@" >/dev/full"#, "sh"] + words)
        #expect(done.status == 1)
        #expect(done.errors.contains("the output cannot be written: no space left on device"))
        #expect(done.errors.contains("hint: `otp-enroll codes root` makes new backup codes"))
        for (command, hint) in [
            (["issue", "root"], "the code was made but not shown: issue another one"),
            (["codes", "root"], "the new codes were made but not shown: make others"),
        ] {
            for json in [[], ["--json"]] {
                let lost = try await Command.run(
                    ["sh", "-c", #""$@" >/dev/full"#, "sh"] + desk.words(command + json))
                #expect(lost.status == 1)
                #expect(
                    lost.errors == """
                        otp-enroll: the output cannot be written: no space left on device
                        hint: \(hint)

                        """)
            }
        }
    }
}
