import Foundation
import TestSupport
import Testing

extension Storm {
    /// `otp-enroll doctor` at a host of a fleet, which asks the real agent.
    @Suite("doctor at a host of a fleet") struct Doctors {
        @Test("A healthy host is not well, or one without its servers or its agent is")
        func doctor() async throws {
            let fleet = try await Fleet.stormy()
            // Who is enrolled in the fleet, nobody knows here.
            let (host, account) = (fleet.hosts[2], try await Account.make("plain"))
            let well = try await host.doctor(about: account.name)
            #expect(well.state == "ok" && well.findings.isEmpty, "\(well)")
            #expect(
                well.about.hasPrefix("the fleet test: 2 of 2 servers ready, certificate until 20"),
                "\(well)")

            try await host.machine.harm(.cut)
            for _ in 0..<100 where try await host.status().output.contains(": ready") {
                try await Task.sleep(for: .milliseconds(100))
            }
            let cut = try await host.doctor(about: account.name)
            #expect(cut.isProblem("no server of the fleet is ready"), "\(cut)")
            #expect(cut.isProblem("https://otp1:8463: silent: "), "\(cut)")
            try await host.machine.mend(.cut)

            host.killAgent()
            let alone = try await host.doctor(about: account.name)
            #expect(alone.isProblem("swiftotp-agent is not listening"), "\(alone)")
            try await fleet.heal()
            #expect(try await host.doctor(about: account.name).findings.isEmpty)
        }
    }
}
