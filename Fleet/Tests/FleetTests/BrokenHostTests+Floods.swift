import Foundation
import OTPWire
import TestSupport
import Testing

// What a host cannot fill the audit with.
extension BrokenHostTests {
    @Test("Refused commands fill the audit, or keep a host's users out")
    func refusedCommands() async throws {
        let fleet = try await BrokenHostTests.fleet.value
        let (bob, intruder) = (try await Member(of: fleet), BrokenHost(fleet.hosts[2]))
        let name = String(repeating: "x", count: 20_000)
        let begun = ContinuousClock.now
        let statuses = try await intruder.flood(
            command(.issue(seconds: nil, mail: nil), by: bob.account), about: name, 4242,
            times: 330)
        // Each has a row, or no answer. One comes back in six seconds.
        let answered = statuses.count { $0 == 200 }
        let back = Int((ContinuousClock.now - begun) / .seconds(6)) + 1
        #expect(statuses.count == 330 && statuses.allSatisfy { [200, 429].contains($0) })
        #expect((250...300 + back).contains(answered), "\(answered)")
        let rows = try await fleet.audit(of: String(name.prefix(256)))
        #expect(rows.count == answered, "\(rows.count) rows of \(answered)")
        #expect(
            rows.allSatisfy {
                $0
                    == Fleet.Row(
                        host: "web3", kind: "temporary-code-issued", isGranted: false,
                        detail: "fleetRole", actor: bob.name)
            }, "\(rows.first as Any)")
        let login = try await intruder.call(
            BrokenHost.judge(bob.backupCodes[0]), about: bob.name, bob.number)
        #expect(login.judgement?.outcome.isAccepted == true, "\(login)")
    }

    @Test("A host that tells of ten thousand offline logins in a day goes on, or nobody is told")
    func offlineLogins() async throws {
        let fleet = try await BrokenHostTests.fleet.value
        let (alice, intruder) = (try await Member(of: fleet), BrokenHost(fleet.hosts[2]))
        let now = UInt64(Date().timeIntervalSince1970)
        try await fleet.primary.sql(
            """
            INSERT INTO swiftotp.audit (mark, at, server, host, realm, name, actor, kind, granted,
                detail, origin)
            SELECT 0, \(now), 'otp1', 'web3', 'main', 'somebody', '', 'offline', true,
                'recent-key', ''
            FROM generate_series(1, 9998)
            """)
        func tell(_ time: UInt64) async throws -> Int {
            let use = OfflineUse(
                user: alice.name, kind: .recentKey, number: 0, time: time, origin: "sshd")
            return try await intruder.call(
                .offline(used: [use], isNew: false), about: alice.name, alice.number
            ).status
        }
        func alarms() async throws -> [String] {
            try await fleet.audit(of: "").filter { $0.kind == "offline-alarm" }
                .map { "\($0.host) \($0.isGranted) \($0.detail)" }
        }
        // The same again is nothing new.
        for time in [now, now] { #expect(try await tell(time) == 200) }
        #expect(try await alarms().isEmpty)
        #expect(try await tell(now + 1) == 200)
        for time in [now + 2, now + 3] { #expect(try await tell(time) == 503) }
        #expect(try await alarms() == ["web3 false 10000 told in a day: more is refused"])
        let told = try await fleet.audit(of: alice.name).filter { $0.kind == "offline" }
        #expect(told.count == 2, "\(told)")
    }
}
