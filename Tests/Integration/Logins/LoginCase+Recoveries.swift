import Foundation
import TestSupport
import Testing

extension LoginCase {
    /// What happens when a phone is lost, or the person is locked out.
    static let recoveries: [LoginCase] = [
        LoginCase(testDescription: "what happened meanwhile is told, once") { fixture in
            let (phone, backupCodes) = try await fixture.enroll()
            let door = try await fixture.door()
            let news = "The authenticator \"phone\" was added on "
            let first = try await fixture.expectAdmitted(
                door, code: backupCodes[0], factor: "backup-code")
            #expect(first.transcript.contains(news) == fixture.program.letsModulesSpeak)
            #expect(
                first.transcript.contains("You have 9 backup codes left.")
                    == fixture.program.letsModulesSpeak)
            let second = try await fixture.expectAdmitted(
                door, code: try await phone.code(), factor: "code")
            #expect(!second.transcript.contains(news), "\(second.transcript)")
            #expect(!second.transcript.contains("backup codes left"), "\(second.transcript)")
        },
        LoginCase(testDescription: "a temporary code, that one again, and a newer one") { fixture in
            let (phone, _) = try await fixture.enroll()
            let door = try await fixture.door()
            let code = try await fixture.issue()
            let outcome = try await fixture.expectAdmitted(
                door, code: code, factor: "temporary-code")
            for words in ["A temporary code was issued on ", "That was a temporary code, and it"] {
                let isSaid = outcome.transcript.contains(words)
                #expect(isSaid == fixture.program.letsModulesSpeak, "\(outcome.transcript)")
            }
            try await fixture.expectRefused(door, code: code, reason: "used-temporary-code")
            let ended = try await fixture.issue()
            let typed = try await fixture.issue().lowercased().replacing("-", with: " ")
            try await fixture.expectRefused(door, code: ended, reason: "wrong")
            try await fixture.expectAdmitted(door, code: typed, factor: "temporary-code")
            try await fixture.expectAdmitted(door, code: try await phone.code(), factor: "code")
        },
        LoginCase(testDescription: "reset, and enrolled again") { fixture in
            let (lost, _) = try await fixture.enroll()
            try await fixture.command("reset", "--yes", fixture.person.name)
            try await fixture.expectRefused(
                try await fixture.door(), code: try await lost.code(), reason: "no-record")
            let door = try await fixture.door("nullok")
            let before = fixture.logged(fixture.person.name).count
            let outcome = try await fixture.login(door, code: "123456")
            #expect(!outcome.asked && outcome.admitted, "\(outcome.transcript)")
            try await fixture.expectLogged(
                "not asked", ["reason": "not-enrolled"], after: before, code: "123456")
            let (phone, _) = try await fixture.enroll()
            try await fixture.expectRefused(door, code: try await lost.code(), reason: "wrong")
            let told = try await fixture.expectAdmitted(
                door, code: try await phone.code(), factor: "code")
            #expect(
                told.transcript.contains("Your second factor was reset on ")
                    == fixture.program.letsModulesSpeak, "\(told.transcript)")
        },
        LoginCase(testDescription: "five wrong codes, and unlocked") { fixture in
            let (phone, _) = try await fixture.enroll()
            let door = try await fixture.door()
            for _ in 0..<5 {
                let wrong = try await phone.wrongCode()
                try await fixture.expectRefused(door, code: wrong, reason: "wrong")
            }
            try await fixture.expectRefused(
                door, code: try await phone.code(), reason: "throttled",
                words: LoginFixture.Words.throttled)
            let said = try await fixture.command("unlock", fixture.person.name)
            #expect(said == "\(fixture.person.name) is unlocked. 5 failures forgotten.\n")
            let outcome = try await fixture.expectAdmitted(
                door, code: try await phone.code(), factor: "code")
            guard fixture.program.letsModulesSpeak else { return }
            let place = fixture.program.origin["rhost"] ?? fixture.program.service
            let sentence = #/5 failed codes since [A-Z][a-z]+day \d\d:\d\d UTC, last from (.+)\./#
            let found = try #require(outcome.transcript.firstMatch(of: sentence))
            #expect(found.output.1 == place)
            #expect(outcome.transcript.contains("Your failed codes were forgiven on "))
        },
        LoginCase(testDescription: "a phone three hours slow, and found by two codes") { fixture in
            let (phone, _) = try await fixture.enroll()
            let door = try await fixture.door()
            // What that phone shows now, and then.
            let shown = Int(Date().timeIntervalSince1970) - 3 * 3600
            let first = try await phone.code(at: shown)
            try await fixture.expectRefused(door, code: first, reason: "wrong")
            let second = try await phone.code(at: shown + 30)
            let said = try await fixture.command(
                "resync", fixture.person.name, input: "\(first)\n\(second)\n")
            #expect(said.contains("\"phone\" of \(fixture.person.name) works again"), "\(said)")
            try await fixture.expectRefused(door, code: second, reason: "replayed")
            let third = try await phone.code(at: shown + 60)
            // It counts as early until the phone shows it.
            try await Task.sleep(for: .seconds(30))
            try await fixture.expectAdmitted(door, code: third, factor: "code")
        },
    ]
}
