import Foundation
import TestSupport
import Testing

/// An event at a login, whatever the program.
struct LoginCase: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let run: @Sendable (LoginFixture) async throws -> Void

    /// Those in which programs differ: success and failure, no question, and an unknown user.
    static let essential = all.filter {
        [
            "a right code, and the same again", "not enrolled, with nullok", "an unknown user",
        ].contains($0.testDescription)
    }

    static let all: [LoginCase] = [
        LoginCase(testDescription: "a right code, and the same again") { fixture in
            let (phone, _) = try await fixture.enroll()
            let door = try await fixture.door()
            let code = try await phone.code()
            try await fixture.expectAdmitted(door, code: code, factor: "code")
            try await fixture.expectRefused(door, code: code, reason: "replayed")
        },
        LoginCase(testDescription: "enrolled at a terminal, with a camera") { fixture in
            let (phone, used, backupCodes) = try await fixture.enrollAtTerminal()
            let door = try await fixture.door()
            // The confirming code is burned.
            try await fixture.expectRefused(door, code: used, reason: "replayed")
            try await fixture.expectAdmitted(
                door, code: try await phone.code(after: used), factor: "code")
            try await fixture.expectAdmitted(door, code: backupCodes[0], factor: "backup-code")
        },
        LoginCase(testDescription: "a wrong code, then a right one, typed in groups") { fixture in
            let (phone, _) = try await fixture.enroll()
            let door = try await fixture.door()
            let wrong = try await phone.wrongCode()
            try await fixture.expectRefused(door, code: wrong, reason: "wrong")
            let code = try await phone.code()
            let typed = "\(code.prefix(3)) \(code.dropFirst(3))"
            try await fixture.expectAdmitted(door, code: typed, factor: "code")
        },
        LoginCase(testDescription: "a backup code, that one again, and another") { fixture in
            let (_, backupCodes) = try await fixture.enroll()
            let door = try await fixture.door()
            try await fixture.expectAdmitted(door, code: backupCodes[3], factor: "backup-code")
            try await fixture.expectRefused(
                door, code: backupCodes[3], reason: "used-backup-code")
            let typed = backupCodes[9].lowercased().filter { $0 != "-" }
            try await fixture.expectAdmitted(door, code: typed, factor: "backup-code")
        },
        LoginCase(testDescription: "not enrolled, with nullok") { fixture in
            let outcome = try await fixture.login(try await fixture.door("nullok"), code: "123456")
            #expect(!outcome.asked, "\(outcome.transcript)")
            #expect(outcome.admitted, "\(outcome.transcript)")
            try await fixture.expectLogged(
                "not asked", ["reason": "not-enrolled"], after: 0, code: "123456")
        },
        LoginCase(testDescription: "an unknown user") { fixture in
            let ghost = Person(unknown: Int.random(in: 0..<5000))
            let outcome = try await fixture.login(
                try await fixture.door(), code: "123456", as: ghost)
            // The first factor stops a stranger, so that the code is not even asked for.
            #expect(!outcome.asked, "\(outcome.transcript)")
            #expect(!outcome.admitted, "\(outcome.transcript)")
            #expect(fixture.logged(ghost.name).isEmpty)
        },
    ]
}
