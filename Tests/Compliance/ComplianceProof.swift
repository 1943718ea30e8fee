import Foundation
import TestSupport
import Testing

/// The cases of the other modules' own tests, and those in which they are known to fail, in
/// pam_google_authenticator, pam_oath and our module, through the real libpam.
@Suite("Side by side with the other modules")
struct ComplianceProof {
    /// Plays cases in all modules; which modes and cases have a reason to differ is in the tables.
    private func play(_ cases: [Case], _ mode: Mode) async throws -> Tally {
        let codes = try await Codes()
        var ends = cases.map { _ in Each<[End]>(all: []) }
        for module in Module.allCases {
            let stage = try Stage(module, codes)
            for (index, one) in cases.enumerated() {
                ends[index][module] = try stage.check(one, mode).ends
            }
        }
        var tally = Tally()
        for (one, ends) in zip(cases, ends) {
            let isExplained = !one.because.isEmpty || !mode.because.isEmpty
            #expect(ends.isOne || isExplained, "\(one.name), \(mode.name): \(ends)")
            if mode.isPlain {
                #expect(ends.isOne == one.because.isEmpty, "\(one.name): \(ends)")
            }
            tally.add(ends)
        }
        return tally
    }

    @Test("google-authenticator's own cases, each in its eight modes")
    func google() async throws {
        var tally = Tally()
        for mode in Mode.all {
            let more = mode.asksForCodeAlone ? [GoogleCases.alone] : []
            tally.add(try await play(GoogleCases.all + more, mode))
        }
        try Proof.tell(
            "Side by side",
            "google-authenticator's cases, in its \(Mode.all.count) modes",
            tally.figure)
    }

    @Test("pam_oath's own cases")
    func oath() async throws {
        let tally = try await play(OathCases.all, .plain)
        let logins = OathCases.all.reduce(0) { $0 + $1.tries.count }
        #expect(logins == 26)
        try Proof.tell("Side by side", "pam_oath's \(logins) logins", tally.figure)
    }

    @Test("Cases of pam_yubico, pam-u2f, totp-cgi and pam_duo")
    func others() async throws {
        let tally = try await play(YubicoCases.all + ServerCases.all, .plain)
        try Proof.tell(
            "Side by side", "cases of pam_yubico, pam-u2f, totp-cgi and pam_duo", tally.figure)
    }

    @Test("Cases in which modules are known to fail or to differ")
    func faults() async throws {
        let tally = try await play(FaultCases.all, .plain)
        try Proof.tell("Side by side", "known faults and differences", tally.figure)
    }

    @Test("Two logins at once, one that is killed, disks that are full or read-only")
    func acts() async throws {
        let codes = try await Codes()
        var tally = Tally()
        let rounds = Proof.count(1, long: 25)
        for act in repeatElement(Act.all, count: rounds).joined() {
            var ends = Each<[End]>(all: [])
            for module in Module.allCases {
                ends[module] = try await act.run(module, codes)
                #expect(
                    ends[module].map(\.description)
                        == End.list(act.ends[module], Mode.Manner()).map(\.description),
                    "\(act.name), \(module)")
            }
            #expect(ends.isOne == act.because.isEmpty, "\(act.name)")
            tally.add(ends)
        }
        try Proof.tell(
            "Side by side",
            "two at once, killed, full and read-only disks, \(rounds) times", tally.figure)
    }
}
