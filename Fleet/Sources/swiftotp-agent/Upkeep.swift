import FleetNetwork
import FoundationEssentials
import Glibc
import OTPCore
import OTPSystem

/// What the agent does without being asked: renews the certificate, or reads the one that the site
/// has renewed, tells what was decided offline, and logs which servers come and go.
struct Upkeep: Sendable {
    /// The time between two looks.
    private static let look = Duration.seconds(1)
    /// The time between two tries to renew, in seconds.
    private static let retry: TimeInterval = 60

    private let client: FleetClient
    private let file: String
    private let offline: OfflineDesk

    init(of client: FleetClient, in file: String, _ offline: OfflineDesk) {
        (self.client, self.file, self.offline) = (client, file, offline)
    }

    func start() { Task { await run() } }

    private func run() async {
        var known: [ServerURL: ServerState.Condition] = [:]
        var next = Date.distantPast
        var site = SiteUpkeep(of: client)
        while true {
            for server in client.servers where known[server.url] != server.condition {
                log(server, before: known[server.url])
                known[server.url] = server.condition
            }
            let (now, credentials) = (Date(), client.credentials)
            if credentials.files != nil {
                await site.look()
            } else if now >= credentials.identity.renewal, now >= next {
                next = now + Upkeep.retry
                await renew()
            }
            await offline.look()
            try? await Task.sleep(for: Upkeep.look)
        }
    }

    private func renew() async {
        do throws(FleetProblem) {
            let new = try await client.renew()
            try PrivateFile.write(new.text, at: file)
            SystemLog.write(LogLine("certificate renewed").bytes, LOG_INFO)
        } catch {
            var line = LogLine("certificate not renewed")
            line.add("error", sentence: Array(error.text.utf8))
            SystemLog.write(line.bytes, LOG_ERR)
        }
    }

    private func log(_ server: ServerState, before: ServerState.Condition?) {
        let (line, priority): (LogLine, CInt)
        switch server.condition {
        case .unknown: return
        case .ready: (line, priority) = (LogLine("server ready"), LOG_INFO)
        case .notReady: (line, priority) = (LogLine("server not ready"), LOG_WARNING)
        case .refusing: (line, priority) = (LogLine("server refuses this host"), LOG_WARNING)
        case .silent:
            // The reason may change while it is silent.
            if case .silent? = before { return }
            (line, priority) = (LogLine("server silent"), LOG_WARNING)
        }
        var full = line
        full.add("server", outside: Array(server.url.description.utf8))
        switch server.condition {
        case .notReady(let why), .refusing(let why), .silent(let why):
            full.add("reason", sentence: Array(why.utf8))
        case .ready, .unknown: break
        }
        SystemLog.write(full.bytes, priority)
    }
}
