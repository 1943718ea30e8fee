import Foundation
import OTPCore
import TestSupport
import Testing

@testable import OTPImport

@Suite("The users file of pam_oath")
struct UsersOATHTests {
    /// liboath's reply to a code; the file is `users` in the folder.
    private func authenticate(
        _ folder: Scratch, _ user: String, _ code: String, window: Int = 10
    ) throws -> String {
        try run([
            "/usr/bin/python3", path("authenticate.py"), folder.path + "/users", user, code,
            "\(window)",
        ])
    }

    private func line(
        _ authenticator: Authenticator, user: String = "alice", key: [UInt8] = exampleKey
    ) throws -> [UInt8] {
        let user = ascii(user)
        return try UsersOATHWriter.line(user: user.span, authenticator, key: key.span)
            .withBytes { $0.array }
    }

    private func phone(
        _ kind: Authenticator.Kind = .totp, algorithm: HashAlgorithm = .sha1, digits: UInt8 = 6,
        period: UInt16 = 30, nextStep: UInt64 = 0
    ) throws -> Authenticator {
        let name = try #require(Name("phone".utf8))
        var phone = try #require(
            Authenticator(
                name: name, kind: kind, algorithm: algorithm, digits: digits, period: period,
                added: noon))
        phone.nextStep = nextStep
        return phone
    }

    @Test("A kind of line is not read, or a bad one is not named")
    func everyKind() throws {
        let bytes = try file("users.oath")
        let result = UsersOATH.read(bytes.span, now: noon, unixTime: utc)
        #expect(
            result.tokens.map { $0.owner?.printable } == [
                "alice", "bob", "foo", "alice", "weak", "foo",
            ])
        #expect(result.tokens.map(\.kind) == [.totp, .hotp, .hotp, .totp, .totp, .hotp])
        #expect(result.tokens.map(\.digits) == [6, 6, 6, 8, 7, 8])
        #expect(result.tokens.map(\.period) == [30, 30, 30, 60, 30, 30])
        #expect(result.tokens.map(\.nextStep) == [0, 10, 1, 0, 0, 7])
        #expect(result.tokens.map(\.place) == [2, 3, 5, 6, 7, 10].map(ImportPlace.line))
        #expect(
            result.tokens.map { !$0.notes.isEmpty } == [false, true, true, false, false, false])
        #expect(result.tokens.map(\.hasShortKey) == [false, false, false, false, true, false])
        #expect(
            result.problems.map(\.description) == [
                "line 8: the type is not supported: HOTP/T45",
                "line 9: the type is not supported: MOTP/E",
                "line 11: too few fields: type, user, password and key are needed",
            ])
        for token in result.tokens {
            #expect(try token.code(noonStep) == token.codeOfDevice(noonStep))
        }
    }

    @Test("A code that liboath accepted is unused for us, or the one after it is used")
    func counterUsedThere() throws {
        let folder = try Scratch()
        try folder.write(ascii("HOTP/E/6\talice\t-\t\(exampleHex)\t5\n"), to: "users")
        let before = try folder.read("users")
        let token = try #require(
            UsersOATH.read(before.span, now: noon, unixTime: utc).tokens.first)
        #expect(token.nextStep == 5)
        #expect(try authenticate(folder, "alice", token.codeOfDevice(7)) == "0")
        let after = try folder.read("users")
        #expect(
            UsersOATH.read(after.span, now: noon, unixTime: utc).tokens.first?.nextStep == 8)
    }

    @Test("The step of a TOTP code that liboath accepted is unused for us")
    func clockUsedThere() throws {
        let folder = try Scratch()
        try folder.write(ascii("HOTP/T30\talice\t-\t\(exampleHex)\n"), to: "users")
        let now = UInt64(Date().timeIntervalSince1970)
        let token = try #require(
            usersOATH("HOTP/T30 alice - \(exampleHex)\n", now: now).tokens.first)
        let step = now / 30 + 2
        #expect(try authenticate(folder, "alice", token.codeOfDevice(step)) == "0")
        let after = try folder.read("users")
        let imported = UsersOATH.read(after.span, now: now) { time in
            var parts = DateComponents()
            (parts.year, parts.month, parts.day) = (time.year, time.month, time.day)
            (parts.hour, parts.minute, parts.second) = (time.hour, time.minute, time.second)
            let date = Calendar(identifier: .gregorian).date(from: parts)
            return date.map { UInt64($0.timeIntervalSince1970) }
        }
        #expect(imported.tokens.first?.nextStep == step + 1)
    }

    @Test("A last code that matches no step does not burn the steps up to its time")
    func unknownCode() throws {
        let result = usersOATH("HOTP/T30 a - \(exampleHex) 0 000000 2027-01-15T08:00:00L\n")
        #expect(result.tokens.first?.nextStep == 60_000_001)
        let ahead = usersOATH("HOTP/T30 a - \(exampleHex) 0 000000 2037-01-15T08:00:00L\n")
        #expect(ahead.tokens.first?.nextStep == 0)
        #expect(
            ahead.tokens.first?.notes == ["its last use is more than a day ahead and dropped"])
    }

    @Test("If two steps have the last code, the later one is not burned")
    func twoSteps() throws {
        let token = try #require(usersOATH("HOTP/T30 a - \(exampleHex)\n").tokens.first)
        var lastWith: [String: UInt64] = [:]
        for step in noonStep..<noonStep + 100_000 {
            let code = token.code(step)
            guard let earlier = lastWith.updateValue(step, forKey: code), step - earlier <= 20
            else { continue }
            let now = step * 30
            let time = Date(timeIntervalSince1970: TimeInterval(earlier * 30)).ISO8601Format()
            let line = "HOTP/T30 a - \(exampleHex) 0 \(code) \(time.dropLast())L\n"
            #expect(usersOATH(line, now: now).tokens.first?.nextStep == step + 1)
            return
        }
        Issue.record("no two steps have one code")
    }

    @Test(
        "A time that liboath does not write is accepted",
        arguments: [
            "2027-01-15T08:00:00", "2027-13-15T08:00:00L", "2027-01-15T24:00:00L", "yesterday",
            "2027-01-15 08:00:00L", "1969-01-15T08:00:00L", "2027-01-1\u{1b}T08:00:00L",
        ])
    func badTime(_ time: String) {
        let time = time.replacingOccurrences(of: " ", with: "_")
        let result = usersOATH("HOTP/T30 a - \(exampleHex) 0 123456 \(time)\n")
        #expect(result.tokens.isEmpty)
        #expect(result.problems.count == 1)
        #expect(
            result.problems.allSatisfy {
                $0.sentence.hasPrefix("the time of the last code is not of the form")
            })
    }

    @Test("A counter at the end of the range is accepted")
    func endOfNumbers() {
        for counter in ["9223372036854775807", "18446744073709551615", "1e3", "-1"] {
            let result = usersOATH("HOTP a - \(exampleHex) \(counter) 755224\n")
            #expect(result.tokens.isEmpty)
            #expect(result.problems.map(\.description) == ["line 1: no counter: \(counter)"])
        }
    }

    // MARK: Writing

    @Test("A written counter lets a used code in, or not the next one, according to liboath")
    func writtenCounter() throws {
        let token = try #require(usersOATH("HOTP a - \(exampleHex)\n").tokens.first)
        let folder = try Scratch()
        try folder.write(line(phone(.hotp, nextStep: 9)), to: "users")
        #expect(try authenticate(folder, "alice", token.codeOfDevice(8)) != "0")
        #expect(try authenticate(folder, "alice", token.codeOfDevice(9)) == "0")
        #expect(try authenticate(folder, "alice", token.codeOfDevice(9)) != "0")
    }

    @Test("What is written is read differently: kind, digits, period, key or used codes")
    func roundTrip() throws {
        for kind in [Authenticator.Kind.totp, .hotp] {
            for digits in UInt8(6)...8 {
                for period in [UInt16(30), 60] {
                    let used = kind == .hotp ? 77 : noon / UInt64(period)
                    let bytes = try line(
                        phone(kind, digits: digits, period: period, nextStep: used))
                    let token = try #require(
                        UsersOATH.read(bytes.span, now: noon, unixTime: utc).tokens.first)
                    #expect(token.kind == kind && token.digits == digits)
                    #expect(token.period == (kind == .hotp ? 30 : period))
                    #expect(token.keyBytes == exampleKey)
                    #expect(token.owner?.printable == "alice")
                    #expect(token.nextStep == used)
                    #expect(token.notes == [])
                }
            }
        }
    }

    @Test("What the format cannot express is written, or refused without a reason")
    func unwritable() throws {
        let cases: [(Authenticator, String, Int, String)] = try [
            (phone(algorithm: .sha256), "alice", 20, "users.oath has no SHA256"),
            (phone(period: 45), "alice", 20, "users.oath has steps of 30 and 60 seconds only"),
            (phone(), "alice", 33, "users.oath has keys of at most 256 bits"),
            (phone(), "alice b", 20, "users.oath has no user names with blanks"),
            (phone(), "alice\nroot", 20, "users.oath has no user names with blanks"),
            (phone(), "", 20, "users.oath needs a user name of 1 to 256 bytes"),
        ]
        for (authenticator, user, length, reason) in cases {
            let key = [UInt8](repeating: 7, count: length)
            #expect(throws: UsersOATHWriter.Unwritable(reason: reason)) {
                try line(authenticator, user: user, key: key)
            }
        }
        var late = try phone()
        late.drift = -4
        #expect(
            UsersOATHWriter.notes(for: late) == [
                "its clock is -4 steps off, which users.oath cannot keep"
            ])
        #expect(try UsersOATHWriter.notes(for: phone()) == [])
    }
}
