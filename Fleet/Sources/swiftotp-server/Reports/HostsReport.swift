import FleetNetwork
import FleetStore
import OTPCore

/// Which hosts need attention.
struct HostsReport {
    /// How many there are that were not revoked.
    let count: Int
    /// In quarantine now, or their failures were used up in the last days.
    let quarantined: [Quarantined]
    /// Revoked in the last days.
    let revoked: [HostRow]
    /// Neither revoked nor heard of in the last days. A host that is connected is heard of every
    /// ten minutes.
    let silent: [Silent]
    /// Somebody else than a server has changed what they may do.
    let changed: [String]

    /// A host that used up its failures.
    struct Quarantined {
        let name: String
        /// When, in Unix seconds; `nil` if that is not known.
        let since: UInt64?
        let isNow: Bool
    }

    /// A host that is off, or cut off.
    struct Silent {
        let name: String
        /// When it was heard of last, in Unix seconds; `nil` if it never was since it joined.
        let last: UInt64?
        /// When its certificate ends at the latest, in Unix seconds: it was made before that.
        let ends: UInt64
    }

    /// Sorts the hosts; the last days begin at `start` (Unix seconds).
    init(_ all: [HostRow], since start: UInt64, at now: UInt64) {
        changed = all.filter(\.isChanged).map(\.name.withoutSteering)
        let hosts = all.filter { !$0.isChanged }
        revoked = hosts.filter { $0.revoked.map { $0 >= start } ?? false }
        let present = hosts.filter { $0.revoked == nil }
        count = present.count
        quarantined = present.compactMap { host in
            let isNow = host.failuresLeft(at: now) == 0
            guard isNow || host.quarantined.map({ $0 >= start }) ?? false else { return nil }
            return Quarantined(name: host.name, since: host.quarantined, isNow: isNow)
        }
        silent = present.compactMap { host in
            let last = max(host.lastSeen ?? 0, host.joined)
            guard last < start else { return nil }
            let life = UInt64(FleetAuthority.Lifetime.host)
            return Silent(name: host.name, last: host.lastSeen, ends: last + life)
        }
    }

    /// Whether none needs attention.
    var isQuiet: Bool {
        quarantined.isEmpty && revoked.isEmpty && silent.isEmpty && changed.isEmpty
    }

    // MARK: For people

    /// The parts of the text.
    func sections(on page: ReportPage, at now: UInt64) -> [String] {
        var lines = page.section(
            "Hosts changed in the database by somebody else than a server", changed, of: "host",
            "refused until they join again: swiftotp-server invite NAME; find out who it was")
        lines += page.section(
            "Hosts that used up their failures", rows: quarantined.map(HostsReport.row),
            """
            who failed there: swiftotp-server audit --host NAME --hours 168; end a quarantine: \
            swiftotp-server hosts --release NAME
            """, all: HostsReport.all)
        lines += page.section(
            "Hosts revoked",
            rows: revoked.map { "\($0.name), on \(Table.time($0.revoked ?? 0))" },
            "back, once it was installed anew: swiftotp-server invite NAME", all: HostsReport.all)
        lines += page.section(
            "Hosts not heard of for a week",
            rows: silent.map { HostsReport.silentRow($0, at: now) },
            "why: swiftotp-agent status there; gone for good: swiftotp-server hosts --revoke NAME",
            all: HostsReport.all)
        return lines
    }

    /// The command that lists all of them.
    private static let all = "swiftotp-server hosts"

    private static func row(_ host: Quarantined) -> String {
        let since = host.since.map { " on \(Table.time($0))" } ?? ""
        return host.name + (host.isNow ? ", in quarantine: used up" : ", used up") + since
    }

    private static func silentRow(_ host: Silent, at now: UInt64) -> String {
        let last = host.last.map { "last on \(Table.time($0))" } ?? "never"
        let end = host.ends < now ? "has ended" : "ends by \(CivilTime(host.ends).date)"
        return "\(host.name), \(last); its certificate \(end)"
    }

    // MARK: For scripts

    /// The members of the object for scripts.
    var json: [JSON.Member] {
        let quarantined = quarantined.map { host in
            JSON.object([
                "host": .text(host.name), "since": host.since.map(JSON.time) ?? .null,
                "now": .bool(host.isNow),
            ])
        }
        let revoked = revoked.map { host in
            JSON.object(["host": .text(host.name), "time": .time(host.revoked ?? 0)])
        }
        let silent = silent.map { host in
            JSON.object([
                "host": .text(host.name), "last": host.last.map(JSON.time) ?? .null,
                "certificate_ends_by": .time(host.ends),
            ])
        }
        return [
            JSON.Member("hosts", .count(count)),
            JSON.Member("hosts_quarantined", .list(quarantined)),
            JSON.Member("hosts_revoked", .list(revoked)),
            JSON.Member("hosts_silent", .list(silent)),
            JSON.Member("hosts_changed", .list(changed.map(JSON.text))),
        ]
    }
}
