import Foundation
import TestSupport
import Testing

/// `import`: users of other programs log in with what their devices already show.
@Suite struct ImportTests {
    let desk: Desk

    init() throws { desk = try Desk() }

    @Test func usersOATHComesAlong() async throws {
        let first = try Token.random(), second = try Token.random(), third = try Token.random()
        let file = try desk.scratch.write(
            """
            # TYPE USER PASSWORD KEY
            HOTP/T30\tdaemon\t-\t\(first.hex)
            HOTP/E/8  bin  -  \(second.hex)  41
            HOTP/T30  nobody-of-this-name  -  \(third.hex)
            HOTP\tsys\t1234\t\(third.hex)

            """, to: "users.oath")
        let told = try await desk.report(["--from", "users.oath", file], status: 1)
        #expect(told.rows.count == 4)
        #expect(try told.result("daemon") == "imported")
        #expect(try told.result("bin") == "imported")
        #expect(try told.row("bin")["kind"] as? String == "hotp")
        #expect(
            try told.result("nobody-of-this-name")
                == "there is no user \"nobody-of-this-name\"")
        #expect(try told.row("nobody-of-this-name")["imported"] as? Bool == false)
        let phone = try first.token.phone()
        try await phone.settle()
        #expect(try await desk.verify(try await phone.code(), of: "daemon") == (true, "code"))
        let fob = Token(key: second.token.key, digits: 8)
        // pam_oath stores the counter of the next code.
        #expect(try await desk.verify(try await fob.code(40), of: "bin").0 == false)
        #expect(try await desk.verify(try await fob.code(41), of: "bin") == (true, "code"))
        #expect(try await desk.verify(try await fob.code(41), of: "bin").0 == false)
    }

    @Test func urisComeFromStdin() async throws {
        let token = try Token.random().token
        let uri = "otpauth://totp/host:x?secret=\(token.key)&issuer=host\n"
        let told = try await desk.report(
            ["--from", "otpauth", "--user", "daemon", "-"], input: uri)
        #expect(try told.result("daemon") == "imported")
        let phone = try token.phone()
        try await phone.settle()
        #expect(try await desk.verify(try await phone.code(), of: "daemon") == (true, "code"))
        // Without --user, the label names the user.
        let other = try Token.random().token
        let owned = "otpauth://totp/host:bin%40example.com?secret=\(other.key)&issuer=host\n"
        let second = try await desk.report(["--from", "otpauth", "-"], input: owned)
        #expect(try second.result("bin") == "imported")
    }

    @Test func tokensOfAMapGoToTheirUsers() async throws {
        let first = try Token.random(), second = try Token.random()
        let map = try desk.scratch.write("# fobs\nHARD1 daemon\n\nHARD2\tbin\n", to: "map")
        let csv =
            "HARD1, \(first.hex), totp, 6, 30\nHARD2, \(second.hex), hotp, 6, 9\n"
            + "HARD3, \(try Token.random().hex), hotp, 6, 0\n"
        let told = try await desk.report(
            ["--from", "privacyidea-csv", "--map", map, "-"], input: csv, status: 1)
        #expect(try told.result("daemon") == "imported")
        #expect(try told.result("bin") == "imported")
        #expect(told.rows.count { $0["imported"] as? Bool == false } == 1)
        #expect(
            try await desk.verify(try await second.token.code(9), of: "bin") == (true, "code"))
        let phone = try first.token.phone()
        try await phone.settle()
        #expect(try await desk.verify(try await phone.code(), of: "daemon") == (true, "code"))

        for (text, words) in [
            ("HARD1\n", "line 1: not a serial number and a user"),
            ("HARD1 a b\n", "line 1: not a serial"),
            ("# x\nHARD1 a\nHARD1 b\n", "line 3: this token is there twice"),
        ] {
            let bad = try desk.scratch.write(text, to: "bad")
            let done = try await desk.run(
                "import", "--from", "privacyidea-csv", "--map", bad, "-", input: csv)
            #expect(done.status == 1 && done.errors.contains(words), "\(done.errors)")
        }
    }

    /// The encrypted example of RFC 6030 (figure 6): an HOTP token with the key of RFC 4226.
    @Test func encryptedTokensNeedTheirKey() async throws {
        let file = Project.path("Tests/OTPImportTests/Files/rfc6030-figure6.xml")
        let map = try desk.scratch.write("987654321 daemon\n", to: "map")
        let key = try desk.scratch.write("12345678901234567890123456789012\n", to: "psk")
        let without = try await desk.run("import", "--from", "pskc", "--map", map, file)
        #expect(without.status == 1)
        #expect(without.output.contains("--psk-file gives the pre-shared key"), "\(without.output)")
        let wrong = try desk.scratch.write("12345678901234567890123456789013\n", to: "wrong")
        let refused = try await desk.report(
            ["--from", "pskc", "--psk-file", wrong, "--map", map, file], status: 1)
        #expect(refused.rows.isEmpty && refused.problems.count == 1)
        #expect(!FileManager.default.fileExists(atPath: desk.store))
        let told = try await desk.report(["--from", "pskc", "--psk-file", key, "--map", map, file])
        #expect(try told.result("daemon") == "imported")
        #expect(try await desk.verify("84755224", of: "daemon") == (true, "code"))
    }

    /// Names in foreign files are printed without terminal control characters.
    @Test(arguments: [
        (
            "users.oath",
            "HOTP/T30 \u{1b}[2Jevil - KEY\nHOTP/T30 dae\u{9b}mon - KEY\n\u{1b}[1mX y - 1\n"
        ),
        ("otpauth", "otpauth://totp/%1b%5b2J:x%07?secret=B32\notpauth://totp/x%c2%9b?secret=B32\n"),
        ("otpauth", "otpauth://totp/da%e2%80%aeemon?secret=B32\n\u{1b}]0;x\u{7}\n"),
        (
            "privacyidea-csv",
            "S\u{1b}[2J, KEY, totp\nS2, KEY, \u{1b}[31mtotp\nS3\u{202e}, KEY, hotp\n"
        ),
        ("pskc", "<a>\u{1b}[2J</a>"), ("pskc", "<\u{1b}/>"),
        ("google-authenticator", "B32\n\" TOTP_AUTH\n\" STEP_SIZE \u{1b}[2J\n"),
    ])
    func labelsAreShownPlain(format: String, text: String) async throws {
        let hex = "3132333435363738393031323334353637383930"
        let input = text.replacing("KEY", with: hex)
            .replacing("B32", with: "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
        let user = format == "google-authenticator" ? ["--user", "daemon"] : []
        for json in [[], ["--json"]] {
            let words = ["import", "--from", format, "-"] + user + json
            let done = try await Command.run(desk.words(words), input: input)
            #expect(done.status == 1, "\(done.output)")
            #expect(done.errors.isEmpty == !json.isEmpty)
            for shown in (done.output + done.errors).unicodeScalars where shown != "\n" {
                let isPlain = shown.value >= 32 && !(0x7f...0x9f).contains(shown.value)
                #expect(isPlain && shown != "\u{202e}", "\(done.output.debugDescription)")
            }
            #expect(!(done.output + done.errors).contains(hex))
        }
    }

    // MARK: Limits

    @Test func aThousandUsersAreImported() async throws {
        let count = 1000
        var passwd = try String(contentsOfFile: "/etc/passwd", encoding: .utf8)
        var users = "", tokens: [Token] = []
        for number in 0..<count {
            passwd += "many\(number):x:\(300_000 + number):65534::/nonexistent:/bin/sh\n"
            let (hex, token) = try Token.random()
            users += "HOTP/T30 many\(number) - \(hex)\n"
            tokens.append(token)
        }
        // The whole folder: a bind-mounted file would be replaced when another test makes a user.
        let folder = desk.scratch.file("etc")
        try await copyEtc(to: folder)
        try Data(passwd.utf8).write(to: URL(fileURLWithPath: folder + "/passwd"))
        let file = try desk.scratch.write(users, to: "users.oath")
        let script = #"mount --bind "$0" /etc && exec "$@""#
        let prefix = ["unshare", "--mount", "sh", "-c", script, folder]
        let done = try await Command.run(
            prefix + desk.words(["import", "--from", "users.oath", file]), within: .seconds(120))
        #expect(done.status == 0, "\(done.errors)")
        #expect(done.output.hasSuffix("1000 of 1000 are here.\n"))
        for number in [0, 499, 999] {
            let phone = try tokens[number].phone()
            try await phone.settle()
            let tried = try await Command.run(
                prefix + desk.words(["verify", "many\(number)"]), input: try await phone.code())
            #expect(tried.status == 0, "\(tried.errors)")
        }
    }

    @Test func theSixthIsRefusedAndTheOthersStay() async throws {
        let uris = try (0..<6).map { _ in
            "otpauth://totp/daemon?secret=\(try Token.random().token.key)\n"
        }.joined()
        let told = try await desk.report(
            ["--from", "otpauth", "--user", "daemon", "-"], input: uris, status: 1)
        let results = told.rows.compactMap { $0["result"] as? String }
        #expect(results[..<5].allSatisfy { $0 == "imported" })
        #expect(results[5] == "daemon has 5 authenticators already")
        let status = try await desk.json("status", "daemon")
        #expect((status["authenticators"] as? [Any])?.count == 5)
        // The refused sixth phone is no way in, and existing ones are recognized.
        let again = try await desk.report(
            ["--from", "otpauth", "--user", "daemon", "-"], input: uris, status: 1)
        let repeated = again.rows.compactMap { $0["result"] as? String }
        #expect(repeated == [String](repeating: "already here", count: 5) + results[5...])
    }
}
