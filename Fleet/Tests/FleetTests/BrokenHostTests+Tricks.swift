import Foundation
import OTPCore
import OTPWire
import TestSupport
import Testing

// What a broken host may try beyond single calls: the same one again, a stolen certificate, options
// of its own.
extension BrokenHostTests {
    @Test("One code of a helper does two acts, if a host sends the same request id again")
    func oneAct() async throws {
        let fleet = try await BrokenHostTests.fleet.value
        let (sue, alice) = (try await Member(of: fleet), try await Member(of: fleet))
        let (bob, carol) = (try await Member(of: fleet), try await Member(of: fleet))
        try await fleet.servers[0].command("role", sue.name, "admin")
        let (intruder, id) = (BrokenHost(fleet.hosts[1]), BrokenHost.newID())
        func act(
            _ command: OTPWire.Command, on member: Member, proof: String, server: String = "otp1"
        ) async throws -> BrokenHost.Answer {
            try await intruder.call(
                self.command(command, by: sue.account, proof: proof), about: member.name,
                member.number, id: id, server: server)
        }
        // A look does not come again: it would show what has changed since.
        for status in [200, 503] {
            let look = try await act(.status, on: bob, proof: sue.backupCodes[1])
            #expect(look.status == status, "\(look)")
        }
        let issue = OTPWire.Command.issue(seconds: nil, mail: nil)
        let first = try await act(issue, on: alice, proof: sue.backupCodes[0])
        guard case .done? = first.reply else { throw Trouble("not issued: \(first)") }
        // The same bytes have the same answer, and nothing is done again.
        for server in ["otp2", "otp1"] {
            let again = try await act(
                issue, on: alice, proof: sue.backupCodes[0], server: server)
            #expect(again == first, "\(server): \(again)")
        }
        for proof in ["1", sue.backupCodes[0]] {
            for (command, member) in [(issue, bob), (.reset, alice), (.reset, carol)] {
                let other = try await act(command, on: member, proof: proof)
                if case .done? = other.reply {
                    Issue.record("\(command) of \(member.name) without a code: \(other)")
                }
            }
        }
        // Once somebody else has changed the row, the answer is gone; the act is not done again.
        #expect(try await Door(at: fleet.hosts[0]).login(alice.name, alice.phone.code()).isIn)
        let late = try await act(issue, on: alice, proof: sue.backupCodes[0])
        if case .done? = late.reply { Issue.record("done again: \(late)") }
        for member in [alice, bob, carol] {
            let acts = try await fleet.audit(of: member.name)
                .filter { $0.actor == sue.name && $0.isGranted }
            #expect(acts.count == (member.name == alice.name ? 1 : 0), "\(acts)")
        }
    }

    @Test("A host enrolls somebody, or has a key trusted, though the servers' options forbid it")
    func policy() async throws {
        let fleet = try await BrokenHostTests.fleet.value
        let alice = try await Member(of: fleet)
        let (host, place) = (BrokenHost(fleet.hosts[0]), BrokenHost.place)
        let judged = try await host.call(
            BrokenHost.judge(alice.phone.code()), about: alice.name, alice.number)
        let judgement = try #require(judged.judgement)
        let print = [UInt8](repeating: 5, count: 32)
        func trust(_ print: [UInt8]) throws -> FleetStep {
            try .trust(
                wish: TrustWishDocument(
                    TrustWish(
                        fingerprint: print, name: #require(Name("laptop".utf8)),
                        authenticator: #require(Name("phone".utf8)), epoch: judgement.epoch)),
                place: place)
        }
        let look = FleetStep.look(
            question: QuestionDocument(
                AccountQuestion(key: print, isHeard: true, wantsRecord: true, enrolls: true)),
            place: place)
        let trusted = try await host.call(
            trust(print), about: alice.name, alice.number, permit: judgement.permit)
        #expect(trusted.result == .trusted(name: "laptop"), "\(trusted)")
        let seen = try await host.call(look, about: alice.name, alice.number)
        guard case .look(.trusted)? = seen.result else { throw Trouble("\(seen)") }

        try await fleet.setPolicy("first_enrollment = root")
        let after = try await host.call(look, about: alice.name, alice.number)
        #expect(after.result == .look(look: .toBeAsked), "\(after)")
        let another = try await host.call(
            trust([UInt8](repeating: 6, count: 32)), about: alice.name, alice.number,
            permit: judgement.permit)
        #expect(another.result == .trusted(name: nil), "\(another)")
        let new = try await Account.make("new")
        let wish = try await host.call(look, about: new.name, number(new))
        #expect(wish.result == .look(look: .mayNotEnroll), "\(wish)")
        // The host may let the user in for that.
        #expect(try await fleet.audit(of: new.name).map(\.detail) == ["not-enrolled"])
        let enrolled = try await host.call(
            .enroll(enrollment: enrollment, origin: "sshd"), about: new.name, number(new))
        #expect(enrolled.result == .denied(reason: .right), "\(enrolled)")
        try await fleet.setPolicy("trust = key")
    }

    @Test("A host hides its name from the user whom it enrolls")
    func origin() async throws {
        let fleet = try await BrokenHostTests.fleet.value
        let account = try await Account.make("new")
        let marks = "sshd at web2" + String(repeating: "\u{301}", count: 40)
        let host = BrokenHost(fleet.hosts[0])
        let enrolled = try await host.call(
            .enroll(enrollment: enrollment, origin: marks), about: account.name, number(account))
        guard case .kept(.some)? = enrolled.result else { throw Trouble("\(enrolled)") }
        let status = try await host.call(
            command(.status, by: account), about: account.name, number(account))
        #expect(status.body.contains(" at web1"), "\(status)")
    }

    @Test("A thief of a host's key, who never stops to renew, is answered after it joined again")
    func joinedAgain() async throws {
        let fleet = try await BrokenHostTests.fleet.value
        let (host, alice) = (fleet.hosts[2], try await Member(of: fleet))
        let makes = try Certificates(fleet)
        let (old, request) = (try makes.copy(of: host), try await makes.request())
        let intruder = BrokenHost(host, certificate: old)
        // Both servers have the host's row in their memory.
        for server in ["otp1", "otp2"] {
            let answer = try await intruder.call(
                .isEnrolled, about: alice.name, alice.number, server: server)
            #expect(answer.status == 200, "\(answer)")
        }
        host.killAgent()
        try await fleet.join(host, rights: "")
        for server in ["otp1", "otp2"] {
            let answer = try await intruder.post("renew", request, server: server)
            #expect(answer.status == 403, "\(server): \(answer)")
            let own = try await BrokenHost(host).call(
                .isEnrolled, about: alice.name, alice.number, server: server)
            #expect(own.status == 200, "\(server): \(own)")
        }
        try await Task.sleep(for: .seconds(5.5))
        for server in ["otp1", "otp2"] {
            let answer = try await intruder.call(
                .isEnrolled, about: alice.name, alice.number, server: server)
            #expect(answer.status == 403, "\(server): \(answer)")
        }
    }

    @Test("A server's memory, which has the master key, is open to core files or debuggers")
    func memory() async throws {
        _ = try await BrokenHostTests.fleet.value
        let found = try await Command.output(["pgrep", "-f", "swiftotp-server serve"])
        let servers = found.split(separator: "\n").map(String.init)
        #expect(servers.count >= 2)
        let bare = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "sh", "-c"]
        for server in servers {
            let limits = try await Command.output(["grep", "Max core", "/proc/\(server)/limits"])
            #expect(limits.split(separator: " ").contains("0"), "\(limits)")
            let script = "dd if=/proc/\(server)/mem bs=1 count=0 status=none"
            #expect(try await Command.run(bare + [script]).status != 0)
        }
    }

    @Test("A request of somebody without an invite is looked into, or signed")
    func uninvited() async throws {
        let fleet = try await BrokenHostTests.fleet.value
        let stranger = BrokenHost(fleet.hosts[2], certificate: nil)
        let secret = "00112233445566778899aabbccddeeff"
        let text = try await Certificates(fleet).request()
        for request in [text.dropLast() + ",", "{\"request\":\"none\","] {
            let answer = try await stranger.post("join", "\(request)\"secret\":\"\(secret)\"}")
            #expect(
                answer.status == 403 && answer.body.contains("the invite is unknown"),
                "\(answer)")
        }
    }
}
