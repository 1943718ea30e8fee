import Testing

@testable import OTPCore

/// Logins of a fleet's users while no server is reached.
@Suite("Logging in without the fleet's servers")
struct OfflineLoginTests {
    /// What the agent says.
    final class Ledger: OfflineAccounts {
        var verdicts: [OfflineVerdict] = []
        var left: UInt8?
        var isReached = false
        var trouble: StoreError?
        private(set) var asked: [String] = []
        private(set) var next: UInt64 = 3

        func question(for user: User?) throws(StoreError) -> OfflineQuestion? {
            if let trouble { throw trouble }
            if isReached { return nil }
            return OfflineQuestion(number: user == nil ? 1 : next, host: "web17")
        }

        func judge(
            _ typed: Span<UInt8>, to question: OfflineQuestion, of user: User?,
            from place: LoginOrigin
        ) throws(StoreError) -> OfflineVerdict {
            asked.append("\(text(user?.name ?? [])) \(question.number) \(text(typed.array))")
            if let trouble { throw trouble }
            let verdict = verdicts.isEmpty ? .wrong : verdicts.removeFirst()
            if verdict != .wrong { next += 1 }
            return verdict
        }

        func admit(
            _ user: User, withKey fingerprint: [UInt8], hours: UInt8, most: UInt8,
            from place: LoginOrigin
        ) throws(StoreError) -> UInt8? {
            asked.append("\(text(user.name)) key \(hours) \(most)")
            if let trouble { throw trouble }
            return left
        }
    }

    private let ledger = Ledger()
    private let unavailable =
        "say The code cannot be checked right now. Please tell your administrator."

    private func login(
        _ host: ScriptedHost, _ user: String = "alice", _ change: (inout Options) -> Void = { _ in }
    ) -> LoginResult {
        host.offlineLogin(user, on: ledger) {
            $0.offline = .answer
            change(&$0)
        }
    }

    @Test("A right answer is refused, or asked for in other words")
    func answer() {
        let host = ScriptedHost(.text("8R57-9VEZ-NP0T"))
        ledger.verdicts = [.granted]
        #expect(login(host) == .offline(.answer(3)))
        #expect(host.talk == ["ask Offline. Answer 3 of web17: "])
        #expect(ledger.asked == ["alice 3 8R57-9VEZ-NP0T"])
        #expect(!host.journal.entries.contains("store"))
    }

    @Test("A name that is nobody's gets another question, or is let in")
    func nobody() {
        let host = ScriptedHost(.text("8R57-9VEZ-NP0T"))
        #expect(login(host, "mallory") == .refused(.unknownUser))
        #expect(
            host.talk == ["ask Offline. Answer 1 of web17: ", "say That code was not accepted."])
        #expect(ledger.asked == [" 1 8R57-9VEZ-NP0T"])
    }

    @Test("More tries than `retry` are given, or none after somebody else was faster")
    func tries() {
        let host = ScriptedHost(.text("A"), .text("B"), .text("C"))
        ledger.verdicts = [.wrong, .used, .granted]
        #expect(login(host) { $0.retry = 3 } == .offline(.answer(4)))
        #expect(host.talk.filter { $0.hasPrefix("ask") }.last == "ask Offline. Answer 4 of web17: ")
        let once = ScriptedHost(.text("A"))
        #expect(login(once) == .refused(.wrong))
        let closed = ScriptedHost(.text("A"))
        ledger.verdicts = [.closed]
        #expect(login(closed) { $0.retry = 3 } == .refused(.closed))
        #expect(closed.talk.last == "say That code was not accepted.")
    }

    @Test("Nothing typed, or nobody to ask, costs a try")
    func nothing() {
        #expect(login(ScriptedHost(.nothing)) == .refused(.empty))
        #expect(login(ScriptedHost(.text(""))) == .refused(.empty))
        #expect(login(ScriptedHost(.failure)) == .conversationFailed)
        #expect(ledger.asked.isEmpty)
    }

    @Test("Somebody is let in by default, by trouble with the ledger, or by a server that is back")
    func deny() {
        let host = ScriptedHost()
        guard case .unavailable = login(host, "alice", { $0.offline = .deny }) else {
            Issue.record("not refused")
            return
        }
        #expect(host.talk == [unavailable])
        guard
            case .unavailable = login(
                ScriptedHost(), "alice",
                {
                    $0.nullok = true; $0.usesFirstPass = true
                })
        else {
            Issue.record("not refused with use_first_pass")
            return
        }
        ledger.isReached = true
        #expect(login(ScriptedHost()) == .unavailable(StoreError(.system, [], "")))
        ledger.isReached = false
        ledger.trouble = StoreError(.damaged, [], "the ledger went back")
        #expect(login(ScriptedHost()) == .unavailable(StoreError(.damaged, [], "")))
        #expect(ledger.asked.isEmpty)
    }

    @Test("An exemption of the admin's does not hold offline")
    func exempt() {
        let host = ScriptedHost()
        host.groups["staff"] = [1000]
        #expect(login(host) { $0.exemptGroup = ascii("staff") } == .ignored(.exempt))
        #expect(ledger.asked.isEmpty)
    }

    @Test("A recent key is not let in, not told, or let in without a key")
    func recent() throws {
        func host() throws -> ScriptedHost {
            let host = ScriptedHost()
            host.methods = try SSHRow.methods()
            return host
        }
        let change: (inout Options) -> Void = { options in
            (options.offline, options.offlineHours, options.offlineLogins) = (.recent, 8, 2)
        }
        ledger.left = 1
        let first = try host()
        guard case .offline(.recentKey(let fingerprint, 1)) = login(first, "alice", change) else {
            Issue.record("not let in")
            return
        }
        #expect(SSHKey.text(of: fingerprint).hasPrefix("SHA256:"))
        #expect(ledger.asked == ["alice key 8 2"])
        #expect(
            first.talk == [
                "say Offline: your SSH key let you in without a code. That works 1 more time."
            ])
        ledger.left = nil
        let late = try host()
        #expect(login(late, "alice", change) == .unavailable(StoreError(.system, [], "")))
        #expect(late.talk == [unavailable])
        ledger.left = 1
        #expect(login(ScriptedHost(), "alice", change) == .unavailable(StoreError(.system, [], "")))
        let stranger = try host()
        #expect(login(stranger, "mallory", change) == .unavailable(StoreError(.system, [], "")))
        let several = try host()
        several.methods = try SSHRow.methods(0) + SSHRow.methods(1)
        #expect(login(several, "alice", change) == .unavailable(StoreError(.system, [], "")))
        #expect(ledger.asked.count == 2)
    }

    @Test("The log does not say that a login was offline, or by what")
    func log() throws {
        let place = LoginOrigin(
            service: ascii("sshd"), address: ascii("192.0.2.7"), methods: nil)
        let log = LoginLog(place: place, terminal: ascii("ssh"), user: ascii("alice"))
        let end = " service=sshd tty=ssh rhost=192.0.2.7 user=alice"
        #expect(
            text(log.line(for: .offline(.answer(3))).1.bytes)
                == "login granted; factor=offline-answer number=3" + end)
        let key = LoginResult.offline(
            .recentKey(fingerprint: [UInt8](repeating: 0, count: 32), left: 2))
        #expect(
            text(log.line(for: key).1.bytes)
                == "login granted; factor=offline-recent-key "
                + "fingerprint=SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA left=2" + end)
    }
}
