import TestSupport
import Testing

extension Storm {
    /// Nobody knows whether something was stored. The other server may say so when it is asked again,
    /// and has no line of its own then.
    @Suite("A commit that no standby confirms") struct Unstored {
        @Test("A backup code may be used up, and no log has it, so that a restore gives it back")
        func logged() async throws {
            let fleet = try await Fleet.stormy()
            let (member, log) = (try await Member(of: fleet), try SystemLog.shared())
            let crowd = try Crowd(1, at: [fleet.hosts[0]])
            try await fleet.standby.stop()
            let login = try await crowd.login(member.name, member.backupCodes[4])
            #expect(!login.isIn, "\(login)")
            let line = try await log.line(
                containing: " swiftotp-server[", "code accepted; reason=backup-code index=",
                "user=\(member.name) ", within: .seconds(30))
            #expect(line.fields["realm"] == "main" && line.fields["stored"] == "unknown", "\(line)")
            try await fleet.standby.start()
            try await fleet.heal()
        }
    }
}
