import Foundation
import OTPCore
import OTPWire
import TestSupport
import Testing

// Each act that there is: on whom, by whom, and for what.
extension HelpDeskTests {
    /// Something that people with a role may do to others, and what the audit calls it.
    private struct Act: Sendable {
        let command: OTPWire.Command
        let kind: String

        init(_ command: OTPWire.Command, _ kind: String) {
            (self.command, self.kind) = (command, kind)
        }

        /// What the role `helpdesk` may do, in an order in which each can be done.
        static let all = [
            Act(.revokeTrust(fingerprint: nil), "trust-revoked"),
            Act(.unlock(after: nil), "unlocked"),
            Act(.contact(kind: "mail", address: "somebody@example.com"), "contact"),
            Act(.contact(kind: "mail", address: nil), "contact"),
            Act(.issue(seconds: nil, mail: nil), "temporary-code-issued"),
            Act(.revokeIssued, "temporary-code-revoked"),
        ]
        /// What only an admin may do.
        static let reset = Act(.reset, "reset")
    }

    /// Asks a server for an act, as web2 does, where people with a role may act.
    private func ask(
        _ helper: Member, _ command: OTPWire.Command, on user: Member, code: String, _ fleet: Fleet
    ) async throws -> BrokenHost.Answer {
        let step = try FleetStep.command(
            request: Request(command, proof: code),
            caller: FleetCaller(user: helper.name, uid: helper.number, isRoot: false))
        return try await BrokenHost(fleet.hosts[1]).call(step, about: user.name, user.number)
    }

    /// Has a key of the user's trusted, after a code at a host that may.
    private func trustKey(of user: Member, _ fleet: Fleet) async throws {
        let (host, place) = (BrokenHost(fleet.hosts[0]), BrokenHost.place)
        let judged = try await host.call(
            BrokenHost.judge(user.phone.code()), about: user.name, user.number)
        let judgement = try #require(judged.judgement, "\(judged)")
        let wish = TrustWish(
            fingerprint: [UInt8](repeating: 5, count: 32), name: try #require(Name("laptop".utf8)),
            authenticator: try #require(Name("phone".utf8)), epoch: judgement.epoch)
        let trusted = try await host.call(
            .trust(wish: TrustWishDocument(wish), place: place), about: user.name, user.number,
            permit: judgement.permit)
        #expect(trusted.result == .trusted(name: "laptop"), "\(trusted)")
    }

    @Test(
        "Some act is done to people who have a role, uses up a code, or is refused without a row")
    func protectedFromAll() async throws {
        let fleet = try await Fleet.shared()
        let (sue, alice) = (try await helper("helpdesk", of: fleet), try await Member(of: fleet))
        let victims = [
            try await helper("helpdesk", of: fleet), try await helper("auditor", of: fleet),
            try await helper("admin", of: fleet),
        ]
        for victim in victims {
            for act in Act.all + [Act.reset] {
                let answer = try await ask(
                    sue, act.command, on: victim, code: sue.backupCodes[0], fleet)
                let reason: Reply.Denial = act.kind == "reset" ? .fleetRole : .fleetProtected
                #expect(answer.reply == .denied(reason: reason), "\(act.kind): \(answer)")
            }
            for words in [
                ["issue", victim.name, "--revoke"], ["unlock", victim.name],
                ["contact", victim.name, "--mail", "somebody@example.com"],
                ["reset", victim.name, "--yes"],
            ] {
                let done = try await TestSupport.Command.run(
                    fleet.hosts[1].enroll(words, as: sue.account), input: sue.backupCodes[0] + "\n")
                #expect(done.status == 1 && done.output.isEmpty, "\(words): \(done)")
            }
            let rows = try await fleet.audit(of: victim.name).filter { $0.actor == sue.name }
            let kinds =
                (Act.all + [Act.reset]).map(\.kind)
                + ["temporary-code-revoked", "unlocked", "contact", "reset"]
            #expect(
                rows.map { "\($0.host) \($0.kind) \($0.isGranted) \($0.detail)" }
                    == kinds.map {
                        "web2 \($0) false \($0 == "reset" ? "fleetRole" : "fleetProtected")"
                    }, "\(rows)")
        }
        // A reset is for admins alone, whoever it is about.
        let reset = try await ask(sue, .reset, on: alice, code: sue.backupCodes[0], fleet)
        #expect(reset.reply == .denied(reason: .fleetRole), "\(reset)")
        let door = try await Door(at: fleet.hosts[2])
        #expect(try await door.login(sue.name, sue.backupCodes[0]).isIn)
        for victim in victims {
            #expect(try await door.login(victim.name, victim.backupCodes[0]).isIn)
        }
    }

    @Test("An auditor does more than look, or a refused act uses up a code or has no row")
    func auditor() async throws {
        let fleet = try await Fleet.shared()
        let (ann, alice) = (try await helper("auditor", of: fleet), try await Member(of: fleet))
        for act in Act.all + [Act.reset] {
            let answer = try await ask(
                ann, act.command, on: alice, code: ann.backupCodes[0], fleet)
            #expect(answer.reply == .denied(reason: .fleetRole), "\(act.kind): \(answer)")
        }
        let seen = try await ask(ann, .status, on: alice, code: ann.backupCodes[0], fleet)
        guard case .account(let account)? = seen.reply else { throw Trouble("\(seen)") }
        #expect(account.isEnrolled && account.temporaryCode == nil && account.contacts == nil)
        let again = try await ask(ann, .status, on: alice, code: ann.backupCodes[0], fleet)
        expectRefused(again, "a look")
        let rows = try await fleet.audit(of: alice.name).filter { $0.actor == ann.name }
        #expect(
            rows.map { "\($0.kind) \($0.isGranted) \($0.detail)" }
                == (Act.all + [Act.reset]).map { "\($0.kind) false fleetRole" }, "\(rows)")
    }

    @Test("Some act costs the helper no code, one code does two, or the audit does not have it")
    func costs() async throws {
        let fleet = try await Fleet.shared()
        let (sue, chief) = (
            try await helper("helpdesk", of: fleet), try await helper("admin", of: fleet)
        )
        for (helper, acts) in [(sue, Act.all), (chief, Act.all + [Act.reset])] {
            let alice = try await Member(of: fleet)
            try await trustKey(of: alice, fleet)
            for (act, code) in zip(acts, helper.backupCodes) {
                let done = try await ask(helper, act.command, on: alice, code: code, fleet)
                guard case .done? = done.reply else { throw Trouble("\(act.kind): \(done)") }
                let again = try await ask(helper, act.command, on: alice, code: code, fleet)
                expectRefused(again, act.kind)
            }
            let rows = try await fleet.audit(of: alice.name).filter { $0.actor == helper.name }
            #expect(
                rows.map { "\($0.host) \($0.kind) \($0.isGranted)" }
                    == acts.map { "web2 \($0.kind) true" }, "\(rows)")
            let codes = try await fleet.audit(of: helper.name).filter { $0.kind == "verified" }
            #expect(codes.count { $0.isGranted } == acts.count, "\(codes)")
            #expect(codes.allSatisfy { $0.host == "web2" && $0.actor == helper.name }, "\(codes)")
        }
    }

    /// Refused for the helper's code.
    private func expectRefused(_ answer: BrokenHost.Answer, _ what: String) {
        guard case .outcome(let outcome)? = answer.reply, !outcome.isAccepted else {
            Issue.record("\(what) twice by one code: \(answer)")
            return
        }
    }
}
