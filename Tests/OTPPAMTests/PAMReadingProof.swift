import Foundation
import OTPPAM
import TestSupport
import Testing

/// The same PAM files and answers, given to the real libpam and to our reading: which modules are
/// called, in which order, with which words, and the results of authentication and account.
@Suite("doctor reads PAM files differently from libpam")
struct PAMReadingProof {
    private static let seed: UInt64 = 20_261_129

    @Test("Hostile files are read differently")
    func hostileFiles() async throws {
        let judge = try await PAMJudge.shared.value
        let rounds = Proof.count(3, long: 1000)
        var tally = Tally()
        try await withThrowingTaskGroup(of: Tally.self) { group in
            for round in 0..<rounds {
                if round >= 2, let done = try await group.next() { tally += done }
                guard tally.differences < 10 else { break }
                group.addTask {
                    try await self.round(Self.seed &+ UInt64(round), judge)
                }
            }
            for try await done in group { tally += done }
        }
        #expect(tally.differences == 0)
        // Both kinds occur, and few cases are undefined.
        #expect(tally.accepted > tally.files / 20 && tally.called > tally.files)
        #expect(tally.unknown < tally.files / 8)
        try Proof.tell(
            "PAM files", "sets of files of bad will, to libpam and to `doctor`, seed \(Self.seed)",
            "\(tally.files): \(tally.called) calls of modules, \(tally.accepted) logins,"
                + " \(tally.given) times given up, \(tally.crashed) crashed, \(tally.endless) without"
                + " end, the same in both; and \(tally.unknown) on which nobody can rely")
    }

    private struct Tally {
        var files = 0, called = 0, accepted = 0, unknown = 0, differences = 0
        /// Where libpam gives up, crashes or never ends.
        var given = 0, crashed = 0, endless = 0

        static func += (sum: inout Tally, one: Tally) {
            sum.files += one.files
            sum.called += one.called
            sum.accepted += one.accepted
            sum.unknown += one.unknown
            sum.differences += one.differences
            sum.given += one.given
            sum.crashed += one.crashed
            sum.endless += one.endless
        }
    }

    private func round(_ seed: UInt64, _ judge: PAMJudge) async throws -> Tally {
        var maker = PAMCaseMaker(seed: seed, rules: judge.rules)
        let logins = (0..<1000).map { _ in maker.next() }
        let read = logins.map { PAMOutcome(reading: $0, rules: judge.rules) }
        let done = try await judge.outcomes(
            of: zip(logins, read).map { ($0, $1.end == .unknown) })
        var tally = Tally()
        for (login, (ours, theirs)) in zip(logins, zip(read, done)) {
            tally.files += 1
            if ours.end == .unknown {
                tally.unknown += 1
                continue
            }
            tally.called += theirs.calls.count
            switch theirs.end {
            case .results(let codes):
                if codes.first == 0 { tally.accepted += 1 }
                if codes == [26] { tally.given += 1 }
            case .crashed: tally.crashed += 1
            case .endless: tally.endless += 1
            case .unknown: break
            }
            guard ours != theirs else { continue }
            tally.differences += 1
            guard tally.differences < 4 else { continue }
            Issue.record("\(login.description)\nlibpam: \(theirs)\ndoctor: \(ours)")
        }
        return tally
    }
}
