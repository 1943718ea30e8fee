import Foundation
import OTPStore
import TestSupport
import Testing

/// One code, one login: many processes that log in at the same moment.
@Suite("One code, one login")
struct ConcurrencyProof {
    private static let processes = Proof.count(24, long: 64)
    private static let rounds = Proof.count(4, long: 1000)

    /// What all of them type in a round.
    enum Kind: String, CaseIterable, Sendable {
        case code
        case backupCode = "backup code"
        case temporaryCode = "temporary code"

        /// Makes something new to type, and returns what tells it.
        func renew(_ enrolled: Enrolled) throws -> () async throws -> String {
            switch self {
            // There is a new code only every 30 s, so each round uses a new key.
            case .code:
                let phone = try enrolled.renewKey()
                return { try await phone.code() }
            case .backupCode:
                let code = try enrolled.renewBackupCodes()[3]
                return { code }
            case .temporaryCode:
                let code = try enrolled.issue()
                return { code }
            }
        }
    }

    @Test(
        "One code lets two processes in, or none, if all log in at once",
        arguments: Kind.allCases)
    func once(kind: Kind) async throws {
        let waiting = try WaitingLogins(Self.processes)
        for round in 0..<Self.rounds {
            try waiting.enrolled.forgive()
            let yes = try await waiting.logIn(typing: kind.renew(waiting.enrolled))
            #expect(yes == 1, "round \(round)")
        }
        try Proof.tell(
            "Many at once",
            "one \(kind.rawValue), \(Self.processes) processes, \(Self.rounds) rounds",
            "\(Self.rounds * Self.processes) logins: one let in in each round")
    }
}
