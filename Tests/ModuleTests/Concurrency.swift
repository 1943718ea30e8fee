import Foundation
import OTPStore
import TestSupport
import Testing

/// One code, one login: 64 processes that log in at the same moment.
@Suite("One code, one login", .serialized)
struct ConcurrencyProof {
    private static let processes = 64
    private static let rounds = Proof.count(40, long: 1000)

    @Test("64 processes, one code: one yes in every round")
    func sameCode() async throws {
        let crowd = try Crowd(Self.processes)
        var granted = 0
        for round in 0..<Self.rounds {
            try crowd.enrolled.forgive()
            // The clock gives a new code every 30 s only: a round takes a fresh key.
            let code = try await crowd.enrolled.renewKey().code()
            let yes = try crowd.logIn(Array(repeating: code, count: Self.processes))
            #expect(yes == 1, "round \(round)")
            granted += yes
        }
        try tell("one code", granted)
    }

    @Test("64 processes, one backup code: one yes in every round")
    func sameBackupCode() async throws {
        let crowd = try Crowd(Self.processes)
        var codes: [String] = []
        var granted = 0
        for round in 0..<Self.rounds {
            try crowd.enrolled.forgive()
            if codes.isEmpty { codes = try crowd.enrolled.renewBackupCodes() }
            let yes = try crowd.logIn(Array(repeating: codes.removeFirst(), count: Self.processes))
            #expect(yes == 1, "round \(round)")
            granted += yes
        }
        #expect(try crowd.enrolled.read { $0.backupCodesLeft } == codes.count)
        try tell("one backup code", granted)
    }

    @Test("64 processes, one temporary code: one yes in every round")
    func sameTemporaryCode() async throws {
        let crowd = try Crowd(Self.processes)
        var granted = 0
        for round in 0..<Self.rounds {
            try crowd.enrolled.forgive()
            let code = try crowd.enrolled.issue()
            let yes = try crowd.logIn(Array(repeating: code, count: Self.processes))
            #expect(yes == 1, "round \(round)")
            granted += yes
        }
        try tell("one temporary code", granted)
    }

    @Test("two different good factors at once: both win, nothing is lost")
    func twoFactors() async throws {
        let crowd = try Crowd(2)
        var codes: [String] = []
        for round in 0..<Proof.count(10, long: 100) {
            if codes.isEmpty { codes = try crowd.enrolled.renewBackupCodes() }
            let phone = try crowd.enrolled.renewKey()
            let code = try await phone.code()
            let granted = try crowd.logIn([code, codes.removeFirst()])
            #expect(granted == 2, "round \(round)")
            #expect(try crowd.enrolled.read { $0.backupCodesLeft } == codes.count)
        }
    }

    private func tell(_ what: String, _ granted: Int) throws {
        let logins = Self.rounds * Self.processes
        try Proof.tell(
            "Many at once", "\(what), \(Self.processes) processes, \(Self.rounds) rounds",
            "\(logins) logins, \(granted) let in: one in each round")
    }
}
