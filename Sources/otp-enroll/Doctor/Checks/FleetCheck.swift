import Glibc
import OTPCore
import OTPStore
import OTPWire

/// This host as one of a fleet: whether it has joined, what swiftotp-agent says, and who stays local.
enum FleetCheck {
    static let name = "fleet"

    /// The host's key, which it has from joining until it leaves.
    static let key = "/etc/swiftotp-agent/host.pem"

    private static let socket = String(decoding: AgentClient.defaultPath, as: UTF8.self)
    private static let consequence = "so nobody of the fleet can log in"

    /// How long to wait until the agent has heard of its servers.
    private static let patience = Duration.seconds(4)
    /// The pause between two questions, in microseconds.
    private static let pause: UInt32 = 200_000

    /// The result; `nil` on a host that has nothing to do with a fleet.
    static func look(_ configuration: ConfigurationCheck) -> Look? {
        let options = configuration.options
        guard options.fleet else {
            return SystemFiles.exists(key) ? Look(name, key, [unused(configuration.path)]) : nil
        }
        guard Machine.isRoot else { return .skipped(name, "only root can ask swiftotp-agent") }
        let ours = findings(options, configuration.path)
        guard SystemFiles.exists(key) else {
            return Look(name, key, [uninstalled ?? unjoined] + ours)
        }
        do throws(AgentClient.Problem) {
            let report = FleetReport(try ask(), options)
            return Look(name, report.about, report.findings + ours)
        } catch {
            return Look(name, socket, [uninstalled ?? unanswered(error.text)] + ours)
        }
    }

    /// Asks the agent, and again while it has heard nothing of a server: the question may be what
    /// started it.
    private static func ask() throws(AgentClient.Problem) -> AgentState {
        let end = Deadline(in: patience)
        while true {
            let state = try AgentClient.state()
            let isNew = state.servers.contains { $0.condition == .unknown }
            guard isNew, !end.isOver else { return state }
            usleep(pause)
        }
    }

    // MARK: Joining

    private static func unused(_ path: String) -> Finding {
        Finding(
            .note,
            "this host has joined a fleet, but `fleet` is not set: its logins do not ask the fleet",
            in: path, change: "fleet = yes")
    }

    /// `nil` if there is a program, or was one that listened.
    private static var uninstalled: Finding? {
        guard AgentProgram.path == nil, !SystemFiles.exists(socket) else { return nil }
        return Finding(
            .problem,
            "swiftotp-agent is not installed, \(consequence): install the package swiftotp-agent")
    }

    private static var unjoined: Finding {
        Finding(
            .problem, "this host has not joined a fleet, but `fleet` is set, \(consequence)",
            in: key,
            change: "swiftotp-agent join https://SERVER --token TOKEN"
                + " && systemctl enable --now swiftotp-agent")
    }

    private static func unanswered(_ why: String) -> Finding {
        Finding(
            .problem, "\(why), \(consequence); `journalctl -u swiftotp-agent` may say more",
            in: socket,
            change: "systemctl enable swiftotp-agent && systemctl restart swiftotp-agent")
    }

    // MARK: The configuration

    /// What is wrong with the configuration of a host of a fleet. Root is never the fleet's.
    private static func findings(_ options: Options, _ path: String) -> [Finding] {
        [strangers(options, path), elsewhere(options, path)].compactMap(\.self)
    }

    /// Users who are to stay local, and are not there.
    private static func strangers(_ options: Options, _ path: String) -> Finding? {
        let names = options.localUsers ?? []
        let strangers = names.filter(isNobody)
        guard !strangers.isEmpty else { return nil }
        let text = strangers.map { String(decoding: $0, as: UTF8.self) }.joined(separator: ", ")
        let rest = names.filter { !strangers.contains($0) }
            .map { String(decoding: $0, as: UTF8.self) }
        return Finding(
            .warning,
            "local_users: there is no user \(text); whoever is meant belongs to the fleet, and"
                + " cannot log in while no server is reached",
            in: path,
            change: rest.isEmpty ? "" : "local_users = " + rest.joined(separator: " "))
    }

    /// Whether there is no such user; `false` if that cannot be looked up.
    private static func isNobody(_ name: [UInt8]) -> Bool {
        do throws(StoreError) {
            return try SystemUsers().user(named: name) == nil
        } catch {
            return false
        }
    }

    /// Options that say how codes are judged, which are the servers' business.
    private static func elsewhere(_ options: Options, _ path: String) -> Finding? {
        let usual = Options()
        let set: [(OptionKey, Bool)] = [
            (.window, options.window != usual.window),
            (.closedFor, options.closedFor != usual.closedFor),
            (.temporaryHours, options.temporaryHours != usual.temporaryHours),
        ]
        let names = set.filter(\.1).map(\.0.name)
        guard !names.isEmpty else { return nil }
        return Finding(
            .note,
            "\(names.joined(separator: ", ")): for local users alone; for the fleet's users the"
                + " servers' own swiftotp.conf counts", in: path)
    }
}
