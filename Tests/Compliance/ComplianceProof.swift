import Foundation
import TestSupport
import Testing

/// The cases of the other modules' own tests, and cases in which they are known to fail, run with
/// pam_google_authenticator, pam_oath and our module, through the real libpam.
@Suite("Side by side with the other modules")
struct ComplianceProof {
    @Test(
        "A module's login ends differently from what docs/MIGRATING.md says",
        arguments: [
            ("google-authenticator's cases", GoogleCases.all), ("pam_oath's logins", OathCases.all),
            (
                "cases of pam_yubico, pam-u2f, totp-cgi and pam_duo",
                YubicoCases.all + ServerCases.all
            ),
            ("known faults and differences", FaultCases.all),
        ])
    func play(what: String, cases: [Case]) async throws {
        let codes = try await Codes()
        let players = try Module.allCases.map { try ModulePlayer($0, codes) }
        var tally = Tally()
        for one in cases {
            var ends = Each<[End]>(all: [])
            for player in players {
                ends[player.module] = try player.play(one)
                #expect(
                    ends[player.module] == End.list(one.ends[player.module]),
                    "\(one.name), \(player.module)")
            }
            #expect(ends.isOne == one.because.isEmpty, "\(one.name): \(ends)")
            tally.add(ends)
        }
        try Proof.tell("Side by side", what, tally.figure)
    }
}
