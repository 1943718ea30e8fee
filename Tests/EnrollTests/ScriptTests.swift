import Foundation
import TestSupport
import Testing

/// What scripts do: no terminal, and one JSON object on stdout.
@Suite struct ScriptTests {
    let desk: Desk

    init() throws { desk = try Desk() }

    @Test func addPrintsWhatAScriptHandsOut() async throws {
        let added = try await desk.json("add", "root", "--no-confirm", "--issuer", "example.com")
        #expect(
            Set(added.keys) == [
                "user", "name", "uri", "secret", "backup_codes", "already_here", "trust_ended",
            ])
        #expect(added["user"] as? String == "root")
        #expect(added["name"] as? String == "phone")
        let secret = try #require(added["secret"] as? String)
        #expect(secret.wholeMatch(of: #/[A-Z2-7]{32}/#) != nil)
        #expect(
            added["uri"] as? String
                == "otpauth://totp/example.com:root?secret=\(secret)&issuer=example.com")
        let codes = try #require(added["backup_codes"] as? [String])
        #expect(codes.count == 10 && Set(codes).count == 10)
        for code in codes { #expect(code.wholeMatch(of: #/[0-9A-Z]{5}(-[0-9A-Z]{5}){2}/#) != nil) }
    }

    @Test func addWithoutJSONPrintsTheSameInWords() async throws {
        let done = try await desk.run("add", "--no-confirm", "--account", "a b")
        #expect(done.status == 0)
        let lines = done.output.split(separator: "\n")
        #expect(lines.contains("name: phone"))
        #expect(lines.filter { $0.hasPrefix("backup code: ") }.count == 10)
        let uri = try #require(lines.first { $0.hasPrefix("uri: ") }).dropFirst(5)
        #expect(uri.contains(":a%20b?secret="))
        #expect(lines.contains("key: \(try Phone(scanning: String(uri)).secret)"))
    }

    @Test func theSixthAuthenticatorIsRefused() async throws {
        var phones: [Phone] = []
        for _ in 1...5 { phones.append(try await desk.enroll().phone) }
        #expect(try await desk.names() == ["phone", "phone-2", "phone-3", "phone-4", "phone-5"])
        let before = desk.record
        let sixth = try await desk.run("add", "--no-confirm", "--json")
        #expect(sixth.status == 1 && sixth.output.isEmpty)
        #expect(
            sixth.errors.hasPrefix("otp-enroll: root has 5 authenticators already\nhint: "))
        #expect(desk.record == before)
        // A replacement does not exceed the limit, and the others go on.
        phones[2] = try await desk.enroll("--name", "phone-3").phone
        for phone in phones {
            try await phone.settle()
            #expect(try await desk.verify(try await phone.code()) == (true, "code"))
        }
    }

    @Test(arguments: [
        ("SHA256", 6, 30), ("SHA512", 8, 60), ("SHA1", 7, 15), ("SHA1", 6, 120),
    ])
    func unusualSettingsWorkWithAnAppThatKnowsThem(
        algorithm: String, digits: Int, period: Int
    ) async throws {
        let phone = try await desk.enroll(
            "--algorithm", algorithm, "--digits", "\(digits)", "--period", "\(period)"
        ).phone
        #expect(phone.algorithm == algorithm && phone.digits == digits && phone.period == period)
        try await phone.settle(for: 5)
        let code = try await phone.code()
        #expect(code.count == digits)
        #expect(try await desk.json("verify", input: code)["accepted"] as? Bool == true)
    }

    @Test func unusualSettingsAreWarnedOf() async throws {
        let usual = try await desk.run("add", "--no-confirm")
        #expect(usual.errors.isEmpty)
        let unusual = try await desk.run("add", "--no-confirm", "--digits", "8")
        #expect(unusual.status == 0)
        #expect(unusual.errors.contains("Microsoft Authenticator"))
        #expect(unusual.errors.contains("8 digits"))
    }

    @Test func newCodesEndTheOldOnes() async throws {
        let old = try await desk.enroll().codes
        let renewed = try await desk.json("codes")
        let new = try #require(renewed["backup_codes"] as? [String])
        #expect(renewed["user"] as? String == "root")
        #expect(new.count == 10 && Set(new).isDisjoint(with: old))
        let stale = try await desk.json("verify", input: old[0], status: 1)
        #expect(stale["reason"] as? String == "wrong")
        #expect(try await desk.json("verify", input: new[0])["accepted"] as? Bool == true)
        #expect(try await desk.json("status")["backup_codes_left"] as? Int == 9)
    }

    @Test func removeTakesOneAndNeverTheLast() async throws {
        try await desk.enroll()
        let second = try await desk.enroll("--name", "old tablet").phone
        let removed = try await desk.json("remove", "root", "phone")
        #expect(removed["authenticators"] as? [String] == ["old tablet"])
        let last = try await desk.run("remove", "old tablet")
        #expect(last.status == 1)
        #expect(
            last.errors == """
                otp-enroll: "old tablet" is the last authenticator of root
                hint: `otp-enroll disable root` ends the second factor

                """)
        try await second.settle()
        _ = try await desk.json("verify", input: try await second.code())
    }

    @Test func disableEndsIt() async throws {
        try await desk.enroll()
        let done = try await desk.json("disable", "root")
        #expect(done["enrolled"] as? Bool == false)
        #expect(try await !desk.isEnrolled())
        let status = try await desk.json("status")
        #expect((status["authenticators"] as? [Any])?.isEmpty == true)
        #expect(status["backup_codes_left"] as? Int == 0)
        // Only what happened is left.
        #expect(try await desk.events() == ["disabled", "added"])
        let again = try await desk.run("disable", "root")
        #expect(again.status == 1)
        #expect(again.errors.hasPrefix("otp-enroll: root is not enrolled\nhint: "))
    }

    @Test func thePictureHoldsTheSameKeyAndIsPrivate() async throws {
        let file = desk.scratch.file("qr.svg")
        let added = try await desk.json("add", "--no-confirm", "--qr-file", file)
        let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions]
        #expect(mode as? Int == 0o600)
        let seen = try await Vector.read(try String(contentsOfFile: file, encoding: .utf8))
        #expect(seen == added["uri"] as? String)

        // An existing file stays unchanged, and nothing is enrolled.
        let before = FileManager.default.contents(atPath: file)
        let again = try await desk.run("add", "--no-confirm", "--qr-file", file)
        #expect(again.status == 1)
        #expect(again.errors.contains("otp-enroll: \(file): file exists"))
        #expect(FileManager.default.contents(atPath: file) == before)
        #expect(try await desk.names() == ["phone"])
    }
}
