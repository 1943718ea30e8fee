import Foundation
import OTPCore
import TestSupport
import Testing

private let added = "The authenticator \"phone\" was added on "
private let refused = "That code was not accepted."

/// What a user is told at a login, through the real libpam.
@Suite("Notices")
struct NoticeTests {
    /// An event as a command of root leaves it.
    private func event(_ kind: Event.Kind, _ detail: String = "") -> Event {
        Event(
            kind, at: UInt64(Date().timeIntervalSince1970), detail: Array(detail.utf8),
            origin: Array("otp-enroll root".utf8))
    }

    /// A code that was not used yet: the clock gives a new one every 30 s only.
    private func fresh(_ enrolled: Enrolled) async throws -> String {
        try await enrolled.renewKey().code()
    }

    private func logIn(
        _ enrolled: Enrolled, _ answer: String, with more: [String] = []
    ) async throws -> Result {
        try await enrolled.stack().login(enrolled.user, [answer], with: more)
    }

    @Test("a change is told at the next login, as information, and once")
    func once() async throws {
        let enrolled = try Enrolled()
        try enrolled.change { $0.note(event(.added, "phone")) }
        let first = try await logIn(enrolled, try await fresh(enrolled))
        #expect(first.name == "PAM_SUCCESS")
        #expect(first.messages.map(\.style) == ["echo_on", "info"])
        let day = #/[A-Z][a-z]+day \d\d:\d\d UTC/#
        let said = try #require(first.said.first)
        #expect(said.replacing(day, with: "DAY") == added + "DAY (otp-enroll root).")
        #expect(try await logIn(enrolled, try await fresh(enrolled)).said.isEmpty)
    }

    @Test("somebody who is refused is told nothing of it, and it waits")
    func refusal() async throws {
        let enrolled = try Enrolled()
        try enrolled.change { $0.note(event(.added, "phone")) }
        let wrong = try await logIn(enrolled, try await enrolled.wrongCode())
        #expect(wrong.name == "PAM_AUTH_ERR" && wrong.said == [refused])
        let right = try await logIn(enrolled, try await fresh(enrolled))
        #expect(right.said.count == 2)
        #expect(right.said.first?.hasPrefix("1 failed code since ") == true)
        #expect(right.said.last?.hasPrefix(added) == true)
    }

    @Test("PAM_SILENT: nothing is said, and it waits for a login that can speak")
    func silent() async throws {
        let enrolled = try Enrolled()
        try enrolled.change { $0.note(event(.added, "phone")) }
        let silent = ["flags silent"]
        for answer in [try await fresh(enrolled), enrolled.backupCodes[0], try enrolled.issue()] {
            let result = try await logIn(enrolled, answer, with: silent)
            #expect(result.name == "PAM_SUCCESS" && result.said.isEmpty)
        }
        let spoken = try await logIn(enrolled, try await fresh(enrolled))
        #expect(spoken.said.contains { $0.hasPrefix(added) }, "\(spoken.said)")
        #expect(
            spoken.said.contains { $0.hasPrefix("A temporary code was used on ") },
            "\(spoken.said)")
    }

    @Test("failures are counted, with the first one's time and the last one's address")
    func failures() async throws {
        let enrolled = try Enrolled()
        let wrong = try await enrolled.wrongCode()
        for address in ["192.0.2.1", "192.0.2.2", "192.0.2.7"] {
            _ = try await logIn(enrolled, wrong, with: ["rhost \(address)"])
        }
        let told = try await logIn(enrolled, try await fresh(enrolled), with: ["rhost ::1"]).said
        let sentence =
            #/3 failed codes since [A-Z][a-z]+day \d\d:\d\d UTC, last from 192\.0\.2\.7\./#
        #expect(told.count == 1 && told[0].wholeMatch(of: sentence) != nil, "\(told)")
    }

    @Test("control bytes of a client's name do not reach the terminal")
    func escapes() async throws {
        let enrolled = try Enrolled()
        _ = try await logIn(
            enrolled, try await enrolled.wrongCode(),
            with: ["rhost \\x1b]0;owned\\x07\\x1b[2J\\x0aevil\\x9b31m"])
        let said = try await logIn(enrolled, try await fresh(enrolled)).said
        #expect(said.count == 1 && said[0].hasPrefix("1 failed code since "), "\(said)")
        #expect(said.allSatisfy { $0.unicodeScalars.allSatisfy { (0x20...0x7e) ~= $0.value } })
    }

    @Test("backup codes: told at each use, and again at the login after when 3, 1 or none are left")
    func backupCodes() async throws {
        let enrolled = try Enrolled()
        for (index, code) in enrolled.backupCodes.enumerated() {
            let left = 9 - index
            let words =
                switch left {
                case 0: "You have no backup codes left. Run `otp-enroll codes` for new ones."
                case 1: "You have 1 backup code left."
                default: "You have \(left) backup codes left."
                }
            let again = [3, 1, 0].contains(left) ? [words] : []
            let used = try await logIn(enrolled, code).said
            #expect(used == [words])
            let next = try await logIn(enrolled, try await fresh(enrolled)).said
            #expect(next == again)
            #expect(try await logIn(enrolled, try await fresh(enrolled)).said.isEmpty)
        }
    }

    @Test("a flood of failures pushes no change out, and of many changes the last six are told")
    func flood() async throws {
        let enrolled = try Enrolled()
        try enrolled.change { record in
            record.note(event(.reset))
            for number in 1...6 { record.note(event(.removed, "phone \(number)")) }
        }
        let wrong = try await enrolled.wrongCode()
        for _ in 0..<20 {
            try enrolled.change { $0.throttle.unlock() }
            _ = try await logIn(enrolled, wrong)
        }
        try enrolled.change { $0.throttle.unlock() }
        let said = try await logIn(enrolled, try await fresh(enrolled)).said
        #expect(said.first?.hasPrefix("20 failed codes since ") == true, "\(said)")
        let changes = said.dropFirst().map { String($0.prefix { $0 != "." }) }
        #expect(changes.count == 6)
        for (number, change) in zip(1..., changes) {
            #expect(change.hasPrefix("The authenticator \"phone \(number)\" was removed on "))
        }
    }
}
