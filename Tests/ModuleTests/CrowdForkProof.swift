import Foundation
import OTPCore
import TestSupport
import Testing

/// Programs that fork while the module asks, at each of its questions: the login is the one's who
/// began it, and the other one is denied.
@Suite("Forks in the conversation", .timeLimit(.minutes(60)))
struct CrowdForkProof {
    /// libpam's numbers.
    private static let success = 0, unavailable = 9

    /// A login with more than one question.
    struct Situation: Sendable, CustomTestStringConvertible {
        let name: String
        let arguments: String
        let questions: Int
        /// What is enrolled, and how many keys are trusted, in the end.
        let trusted: Int
        /// Prepares the record and gives the replies.
        let prepare: @Sendable (Enrolled) async throws -> [String]

        var testDescription: String { name }
    }

    static let situations: [Situation] = [
        Situation(name: "a code", arguments: "", questions: 1, trusted: 0) {
            [try await $0.phone.code()]
        },
        Situation(name: "a backup code", arguments: "", questions: 1, trusted: 0) {
            [$0.backupCodes[0]]
        },
        Situation(
            name: "a second try", arguments: "retry=2", questions: 2, trusted: 0
        ) { [try await $0.wrongCode(), try await $0.phone.code()] },
        Situation(
            name: "an SSH key that is trusted", arguments: "trust=key", questions: 2, trusted: 1
        ) { [try await $0.phone.code(), "y"] },
        Situation(
            name: "enrolling", arguments: "enroll=require", questions: 3, trusted: 0
        ) {
            try $0.forget()
            return ["123", "@code", ""]
        },
        Situation(
            name: "enrolling after a reset", arguments: "enroll=require", questions: 2, trusted: 0
        ) {
            try $0.change { $0.removeAll() }
            return ["@code", ""]
        },
        Situation(
            name: "a temporary code, and a new device", arguments: "after_temporary=enroll",
            questions: 2, trusted: 0
        ) {
            _ = try $0.renewKey()
            return [try $0.issue(), "@code"]
        },
        Situation(
            name: "a temporary code, and the first device", arguments: "enroll=offer",
            questions: 3, trusted: 0
        ) {
            try $0.change { $0.removeAll() }
            return [try $0.issue(), "@code", ""]
        },
    ]

    @Test("the other process gets a yes, or takes one away, at any question", arguments: situations)
    func forks(situation: Situation) async throws {
        var runs = 0
        for manner in CrowdForkHost.Manner.allCases {
            for at in 1...situation.questions {
                let isOften = manner == .answers || manner == .isKilled
                for _ in 0..<Proof.count(1, long: isOften ? 20 : 3) {
                    try await fork(situation, at: at, manner)
                    runs += 1
                }
            }
        }
        let questions = situation.questions == 1 ? "question" : "questions"
        try Proof.tell(
            "Forks in the conversation", situation.name,
            "\(runs) forks at \(situation.questions) \(questions), no answer good for two")
    }

    private func fork(
        _ situation: Situation, at: Int, _ manner: CrowdForkHost.Manner
    ) async throws {
        let place: Comment = "\(situation.name), question \(at), \(manner)"
        let enrolled = try Enrolled()
        let replies = try await situation.prepare(enrolled)
        let host = try CrowdForkHost(enrolled, situation.arguments)
        let ends = try await host.run(replies, at: at, manner)
        let (parents, others) = (
            ends.filter { $0.role == "parent" }, ends.filter { $0.role != "parent" }
        )
        #expect(parents.map(\.code) == [Self.success], place)
        // One connection is not for two: nothing of the other one's answers was looked at.
        #expect(others.allSatisfy { $0.code == Self.unavailable }, place)
        switch manner {
        case .answers, .staysBehind: #expect(others.count == 1, place)
        case .dies: #expect(others.isEmpty, place)
        case .isKilled: #expect(others.count <= 1, place)
        }
        try await expectSound(enrolled, situation, ends, place)
    }

    /// The record opens, with what was enrolled once; and the next code of the device that counts
    /// is good once.
    private func expectSound(
        _ enrolled: Enrolled, _ situation: Situation, _ ends: [CrowdForkHost.End], _ place: Comment
    ) async throws {
        #expect(try enrolled.read { $0.authenticators.map(\.name.text) } == ["phone"], place)
        #expect(try enrolled.read { $0.trusted.count } == situation.trusted, place)
        let keys = Set(ends.map(\.key).filter { !$0.isEmpty })
        #expect(keys.count <= 1, place)
        let phone = try keys.first.map { try Phone(scanning: "otpauth://totp/a?secret=\($0)") }
        let next = try await (phone ?? enrolled.phone).code(steps: 1)
        try enrolled.forgive()
        let stack = try enrolled.stack()
        #expect(try await stack.login(enrolled.user, [next]).name == "PAM_SUCCESS", place)
        #expect(try await stack.login(enrolled.user, [next]).name == "PAM_AUTH_ERR", place)
    }
}
