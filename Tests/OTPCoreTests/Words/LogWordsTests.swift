import Testing

@testable import OTPCore

@Suite("Words in the log for logins, swiftotpd and otp-enroll alike")
struct LogWordsTests {
    private func line(_ event: Event.Kind, _ detail: String = "") -> String {
        text(LogLine(Event(event, at: noon, detail: ascii(detail), origin: ascii("test"))).bytes)
    }

    @Test("An event kind has no title of its own, or one that is not plain")
    func titles() {
        let kinds = (0...UInt8.max).compactMap { Event.Kind(rawValue: $0) }
        #expect(kinds.count == 22)
        let titles = kinds.map { line($0) }
        #expect(Set(titles).count == titles.count)
        for title in titles {
            #expect(title.hasSuffix(";") && title.count > 5, "\(title)")
            #expect(title.dropLast().allSatisfy { $0.isLetter || $0 == " " }, "\(title)")
        }
    }

    @Test(
        "An event does not say what happened and to what",
        arguments: [
            (.login, "", "login;"), (.failure, "", "authentication failure;"),
            (.added, "my phone", "authenticator added; name=\"my phone\""),
            (.removed, "phone", "authenticator removed; name=\"phone\""),
            (.codesRenewed, "", "backup codes renewed;"),
            (.keyTrusted, "laptop", "SSH key trusted; name=\"laptop\""),
            (.trustRevoked, "laptop", "trust in SSH key revoked; name=\"laptop\""),
            (.trustRevoked, "", "trust in all SSH keys revoked;"),
            (.moved, "bob (1001)", "second factor moved;"),
            (.restored, "2026-11-30", "second factor restored; backup=\"2026-11-30\""),
            (.restored, "2026-11-30, codes", "second factor restored; backup=\"2026-11-30\""),
            (.restored, "codes, token", "second factor restored;"),
            // Anything that is not a valid name is left out, whatever it could do.
            (.added, "a\" user=\"root", "authenticator added;"),
        ] as [(Event.Kind, String, String)])
    func events(_ kind: Event.Kind, _ detail: String, _ expected: String) {
        #expect(line(kind, detail) == expected)
    }

    @Test("A tested code is not logged as accepted, or as the failure that log tools look for")
    func tried() throws {
        let factor = Outcome.Factor.code(authenticator: try name("phone"), offset: 0)
        #expect(text(LogLine(trying: .granted(factor)).bytes) == "code accepted; reason=code")
        // Which one it was: after a restore nothing else says so.
        #expect(
            text(LogLine(trying: .granted(.backupCode(index: 3, left: 6))).bytes)
                == "code accepted; reason=backup-code index=3 left=6")
        #expect(
            text(LogLine(trying: .refused(.replayed)).bytes)
                == "authentication failure; reason=replayed")
    }

    @Test("A log line has the wrong words for what let somebody in")
    func factors() throws {
        let phone = try name("my phone")
        for (factor, expected) in [
            (
                .code(authenticator: phone, offset: 0),
                "in; factor=code authenticator=\"my phone\" step=+0"
            ),
            (
                .code(authenticator: phone, offset: -1),
                "in; factor=code authenticator=\"my phone\" step=-1"
            ),
            (.backupCode(index: 3, left: 9), "in; factor=backup-code index=3 left=9"),
            (.temporaryCode, "in; factor=temporary-code"),
        ] as [(Outcome.Factor, String)] {
            var line = LogLine("in")
            line.add(factor)
            #expect(text(line.bytes) == expected)
        }
    }

    @Test("A refusal is logged without its number")
    func refusals() {
        for (refusal, expected) in [
            (.outsideWindow(offset: 3), "out; off=+3"),
            (.outsideWindow(offset: -10), "out; off=-10"),
            (.throttled(seconds: 30), "out; wait=30s"),
            (.clockMovedBack(seconds: 61), "out; back=61s"), (.wrong, "out;"), (.closed, "out;"),
        ] as [(Outcome.Refusal, String)] {
            var line = LogLine("out")
            line.add(refusal)
            #expect(text(line.bytes) == expected)
        }
    }

    @Test("A sentence is not in quotes, or can end them")
    func sentence() {
        var line = LogLine("cannot check")
        line.add("error", sentence: ascii("/store: \"no\" space\nuser=root"))
        line.add("user", outside: ascii("alice"))
        #expect(
            text(line.bytes)
                == "cannot check; error=\"/store: 'no' space?user=root\" user=alice")
    }
}
