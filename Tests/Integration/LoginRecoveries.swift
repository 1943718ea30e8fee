import Foundation
import TestSupport
import Testing

extension LoginCase {
    /// What happens when a phone is lost, or the person is locked out.
    static let recoveries: [LoginCase] = [
        LoginCase(testDescription: "what happened meanwhile is told, once") { stage in
            let (phone, backupCodes) = try await stage.enroll()
            let door = try await stage.door()
            let news = "The authenticator \"phone\" was added on "
            let first = try await stage.expectAdmitted(
                door, code: backupCodes[0], factor: "backup-code")
            #expect(first.transcript.contains(news) == stage.program.letsModulesSpeak)
            #expect(
                first.transcript.contains("You have 9 backup codes left.")
                    == stage.program.letsModulesSpeak)
            let second = try await stage.expectAdmitted(
                door, code: try await phone.code(), factor: "code")
            #expect(!second.transcript.contains(news), "\(second.transcript)")
            #expect(!second.transcript.contains("backup codes left"), "\(second.transcript)")
        },
        LoginCase(testDescription: "a temporary code, that one again, and a newer one") { stage in
            let (phone, _) = try await stage.enroll()
            let door = try await stage.door()
            let code = try await stage.issue()
            let outcome = try await stage.expectAdmitted(
                door, code: code, factor: "temporary-code")
            for words in ["A temporary code was issued on ", "That was a temporary code, and it"] {
                let isSaid = outcome.transcript.contains(words)
                #expect(isSaid == stage.program.letsModulesSpeak, "\(outcome.transcript)")
            }
            try await stage.expectRefused(door, code: code, reason: "used-temporary-code")
            let ended = try await stage.issue()
            let typed = try await stage.issue().lowercased().replacing("-", with: " ")
            try await stage.expectRefused(door, code: ended, reason: "wrong")
            try await stage.expectAdmitted(door, code: typed, factor: "temporary-code")
            try await stage.expectAdmitted(door, code: try await phone.code(), factor: "code")
        },
        LoginCase(testDescription: "reset, and enrolled again") { stage in
            let (lost, _) = try await stage.enroll()
            try await stage.command("reset", "--yes", stage.person.name)
            try await stage.expectRefused(
                try await stage.door(), code: try await lost.code(), reason: "no-record")
            let door = try await stage.door("nullok")
            let before = stage.logged(stage.person.name).count
            let outcome = try await stage.login(door, code: "123456")
            #expect(!outcome.asked && outcome.admitted, "\(outcome.transcript)")
            try await stage.expectLogged(
                "not asked", ["reason": "not-enrolled"], after: before, code: "123456")
            let (phone, _) = try await stage.enroll()
            try await stage.expectRefused(door, code: try await lost.code(), reason: "wrong")
            let told = try await stage.expectAdmitted(
                door, code: try await phone.code(), factor: "code")
            #expect(
                told.transcript.contains("Your second factor was reset on ")
                    == stage.program.letsModulesSpeak, "\(told.transcript)")
        },
        LoginCase(testDescription: "five wrong codes, and unlocked") { stage in
            let (phone, _) = try await stage.enroll()
            let door = try await stage.door()
            for _ in 0..<5 {
                let wrong = try await phone.wrongCode()
                try await stage.expectRefused(door, code: wrong, reason: "wrong")
            }
            try await stage.expectRefused(
                door, code: try await phone.code(), reason: "throttled",
                words: Stage.Words.throttled)
            let said = try await stage.command("unlock", stage.person.name)
            #expect(said == "\(stage.person.name) is unlocked. 5 failures forgotten.\n")
            let outcome = try await stage.expectAdmitted(
                door, code: try await phone.code(), factor: "code")
            guard stage.program.letsModulesSpeak else { return }
            let place = stage.program.origin["rhost"] ?? stage.program.service
            let sentence = #/5 failed codes since [A-Z][a-z]+day \d\d:\d\d UTC, last from (.+)\./#
            let found = try #require(outcome.transcript.firstMatch(of: sentence))
            #expect(found.output.1 == place)
            #expect(outcome.transcript.contains("Your failed codes were forgiven on "))
        },
        LoginCase(testDescription: "a phone three hours slow, and found by two codes") { stage in
            let (phone, _) = try await stage.enroll()
            let door = try await stage.door()
            // What that phone shows now, and then.
            let shown = Int(Date().timeIntervalSince1970) - 3 * 3600
            let first = try await phone.code(at: shown)
            try await stage.expectRefused(door, code: first, reason: "wrong")
            let second = try await phone.code(at: shown + 30)
            let said = try await stage.command(
                "resync", stage.person.name, input: "\(first)\n\(second)\n")
            #expect(said.contains("\"phone\" of \(stage.person.name) works again"), "\(said)")
            try await stage.expectRefused(door, code: second, reason: "replayed")
            let third = try await phone.code(at: shown + 60)
            // It counts as early until the phone shows it.
            try await Task.sleep(for: .seconds(30))
            try await stage.expectAdmitted(door, code: third, factor: "code")
        },
    ]
}
