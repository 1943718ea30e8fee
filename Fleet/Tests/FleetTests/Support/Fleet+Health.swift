import Foundation
import TestSupport

extension Fleet {
    /// Mends whatever a test has left broken, and waits until all is well.
    func heal() async throws {
        for machine in databases.map(\.machine) + servers.map(\.machine) + hosts.map(\.machine) {
            try await machine.mend()
        }
        var wasBroken = false
        if !primary.isWell {
            try await primary.stop()
            try await primary.start()
            wasBroken = true
        }
        if !standby.isRunning {
            try await follow()
            wasBroken = true
        }
        for server in servers where !server.isRunning {
            server.kill()
            try await server.start()
            wasBroken = true
        }
        // What hosts know is a heartbeat old, and may be from before.
        if wasBroken { try await Task.sleep(for: .seconds(2.5)) }
        for host in hosts {
            if !host.hasAgent { try await host.startAgent() }
            try await host.awaitServers(2)
        }
        try await release()
    }

    /// Kills the primary with SIGKILL, and makes the standby the primary; nobody follows it.
    func failOver() async throws {
        primary.kill()
        try await standby.promote(standby: "")
        swap()
    }

    /// Fails over to a standby that lags, because it has nothing of what `body` does.
    func failOver(losing body: () async throws -> Void) async throws {
        try await standby.stop()
        let receiver = try await primary.startReceiver()
        for host in hosts { try await host.awaitServers(2) }
        try await body()
        primary.kill()
        receiver.kill()
        try await standby.start()
        try await failOver()
        try await follow()
    }

    /// Makes the machine of the old primary follow the new one, as the synchronous standby.
    func follow() async throws {
        try await standby.follow(primary)
        try await standby.start()
        try await primary.setStandby(standby.machine.name)
        try await primary.awaitStandby()
    }

    // MARK: The audit

    /// A row of the audit.
    struct Row: Equatable, Sendable {
        let host: String, kind: String, isGranted: Bool, detail: String, actor: String
    }

    /// Everything about a user, the oldest first.
    func audit(of user: String) async throws -> [Row] {
        try await primary.sql(
            """
            SELECT host, kind, granted, detail, actor FROM swiftotp.audit
            WHERE name = '\(user)' ORDER BY seq
            """
        ).map {
            Row(host: $0[0], kind: $0[1], isGranted: $0[2] == "t", detail: $0[3], actor: $0[4])
        }
    }

    /// The servers that have judged a user.
    func judges(of user: String) async throws -> [String] {
        try await primary.sql(
            """
            SELECT DISTINCT server FROM swiftotp.audit
            WHERE name = '\(user)' AND kind = 'login' ORDER BY server
            """
        ).map { $0[0] }
    }

    /// Gives every host its whole budget of failures again.
    func release() async throws { try await servers[0].release(hosts) }
}
