import Foundation
import TestSupport
import Testing

/// Something that can happen at a login, whatever the program.
struct LoginCase: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let run: @Sendable (Stage) async throws -> Void

    static let all = codes + recoveries

    static let codes: [LoginCase] = [
        LoginCase(testDescription: "a right code, and the same again") { stage in
            let (phone, _) = try await stage.enroll()
            let door = try await stage.door()
            let code = try await phone.code()
            try await stage.expectAdmitted(door, code: code, factor: "code")
            try await stage.expectRefused(door, code: code, reason: "replayed")
        },
        LoginCase(testDescription: "enrolled at a terminal, with a camera") { stage in
            let (phone, used, backupCodes) = try await stage.enrollAtTerminal()
            let door = try await stage.door()
            // The code that confirmed is used up.
            try await stage.expectRefused(door, code: used, reason: "replayed")
            try await stage.expectAdmitted(
                door, code: try await phone.code(after: used), factor: "code")
            try await stage.expectAdmitted(door, code: backupCodes[0], factor: "backup-code")
        },
        LoginCase(testDescription: "a wrong code, then a right one, typed in groups") { stage in
            let (phone, _) = try await stage.enroll()
            let door = try await stage.door()
            let wrong = try await phone.wrongCode()
            try await stage.expectRefused(door, code: wrong, reason: "wrong")
            let code = try await phone.code()
            let typed = "\(code.prefix(3)) \(code.dropFirst(3))"
            try await stage.expectAdmitted(door, code: typed, factor: "code")
        },
        LoginCase(testDescription: "a code from two minutes ago") { stage in
            let (phone, _) = try await stage.enroll()
            let code = try await phone.code(steps: -4)
            try await stage.expectRefused(
                try await stage.door(), code: code, reason: "outside-window")
        },
        LoginCase(testDescription: "a backup code, that one again, and another") { stage in
            let (_, backupCodes) = try await stage.enroll()
            let door = try await stage.door()
            try await stage.expectAdmitted(door, code: backupCodes[3], factor: "backup-code")
            try await stage.expectRefused(
                door, code: backupCodes[3], reason: "used-backup-code")
            let typed = backupCodes[9].lowercased().filter { $0 != "-" }
            try await stage.expectAdmitted(door, code: typed, factor: "backup-code")
        },
        LoginCase(testDescription: "not enrolled, with nullok") { stage in
            let outcome = try await stage.login(try await stage.door("nullok"), code: "123456")
            #expect(!outcome.asked, "\(outcome.transcript)")
            #expect(outcome.admitted, "\(outcome.transcript)")
            try await stage.expectLogged(
                "not asked", ["reason": "not-enrolled"], after: 0, code: "123456")
        },
        LoginCase(testDescription: "enrolled, with nullok") { stage in
            let (phone, _) = try await stage.enroll()
            let door = try await stage.door("nullok")
            let wrong = try await phone.wrongCode()
            try await stage.expectRefused(door, code: wrong, reason: "wrong")
            let code = try await phone.code()
            try await stage.expectAdmitted(door, code: code, factor: "code")
        },
        LoginCase(testDescription: "not enrolled, without nullok") { stage in
            try await stage.expectRefused(
                try await stage.door(), code: "123456", reason: "no-record")
        },
        LoginCase(testDescription: "an unknown user") { stage in
            let ghost = Person(unknown: Int.random(in: 0..<5000))
            let outcome = try await stage.login(
                try await stage.door(), code: "123456", as: ghost)
            // The first factor stops a stranger, so that the code is not even asked for.
            #expect(!outcome.asked, "\(outcome.transcript)")
            #expect(!outcome.admitted, "\(outcome.transcript)")
            #expect(stage.logged(ghost.name).isEmpty)
        },
        LoginCase(testDescription: "five wrong codes, and the wait") { stage in
            let (phone, _) = try await stage.enroll()
            let door = try await stage.door()
            for _ in 0..<5 {
                let wrong = try await phone.wrongCode()
                try await stage.expectRefused(door, code: wrong, reason: "wrong")
            }
            let failed = ContinuousClock.now
            try await stage.expectRefused(
                door, code: try await phone.code(), reason: "throttled",
                words: Stage.Words.throttled)
            // The wait is 30 seconds in whole seconds of the clock: one more is enough.
            try await Task.sleep(until: failed + .seconds(31), clock: .continuous)
            try await stage.expectAdmitted(door, code: try await phone.code(), factor: "code")
        },
    ]
}
