import OTPCore

/// What all logs together say of backup codes, and what there is to know about the logs.
public struct ReplayedLogs: Equatable, Sendable {
    /// A line that an admin has to see.
    public struct Line: Equatable, Sendable {
        /// The log that has it.
        public let log: String
        /// Its number there, from 1.
        public let number: UInt64
        /// Its beginning.
        public let text: [UInt8]
    }

    /// What is known of the codes of the users with a name, by the name and by the realm; "" is for
    /// lines that do not tell the realm.
    public private(set) var users: [[UInt8]: [String: BackupCodeUse]] = [:]
    /// How many lines there were.
    public private(set) var lines: UInt64 = 0
    /// How many of them are of swiftotp.
    public private(set) var ownLines: UInt64 = 0
    /// How many of these a server has written, as far as nobody at a host can have done that.
    public private(set) var serverLines: UInt64 = 0
    /// When the first of those was written, in Unix seconds; `nil` for none.
    public private(set) var firstOfServers: UInt64?
    /// When the first line was written, in Unix seconds, as far as the logs say that; `nil` if none
    /// of them does.
    public private(set) var first: UInt64?
    /// When the last one was written.
    public private(set) var last: UInt64?
    /// How many lines cannot be understood.
    public private(set) var unclearLines: UInt64 = 0
    /// The first few of them.
    public private(set) var unclear: [Line] = []
    /// How many lines say that a logger has left out others.
    public private(set) var lossLines: UInt64 = 0
    /// The first of them.
    public private(set) var firstLoss: Line?

    /// How many of those that cannot be understood are kept.
    private static let mostUnclear = 5

    private let hosts: ReplayedHosts
    private let servers: ReplayedHosts
    private let now: UInt64
    private var machines: Set<[UInt8]> = []
    private var serverMachines: Set<[UInt8]> = []
    private var log = ""
    private var number: UInt64 = 0

    /// Reads logs of machines that may be these hosts, or servers with these names, at `now` (Unix
    /// seconds).
    public init(hosts: ReplayedHosts, servers: [String] = [], now: UInt64) {
        (self.hosts, self.now) = (hosts, now)
        self.servers = ReplayedHosts(servers.map { (name: $0, realm: "") })
    }

    /// The hosts of which no log has a line, by name.
    public var silentHosts: [String] { hosts.names(without: machines) }

    /// The servers of which no log has a line that has their name.
    public var silentServers: [String] { servers.names(without: serverMachines) }

    /// How many codes were used, by users and indices.
    public var codes: Int {
        users.values.reduce(0) { count, uses in
            count + uses.values.reduce(into: BackupCodeUse()) { $0.add($1) }.count
        }
    }

    /// How many users' codes have all ended.
    public var ends: Int { users.values.count { $0.values.contains(where: \.endsAll) } }

    /// Begins another log; its name is for what is said about its lines.
    public mutating func begin(_ log: String) { (self.log, number) = (log, 0) }

    /// Reads a line, without its end.
    public mutating func read(_ line: ArraySlice<UInt8>, isWhole: Bool) {
        lines &+= 1
        number &+= 1
        let read = ReplayedLine(line, isWhole: isWhole, now: now)
        if let time = read.time?.time {
            first = min(first ?? .max, time)
            last = max(last ?? 0, time)
        }
        let machine = read.machine.map { ReplayedHosts.label(of: $0) }
        if let machine, hosts.has(machine) { machines.insert(machine) }
        switch read.meaning {
        case .foreign: return
        case .loss:
            lossLines &+= 1
            if firstLoss == nil { firstLoss = self.line(line) }
            return
        case .nothing: break
        case .uses(let uses):
            for use in uses { note(use, at: machine, isServers: read.isServers) }
        case .unclear:
            unclearLines &+= 1
            if unclear.count < ReplayedLogs.mostUnclear { unclear.append(self.line(line)) }
        }
        ownLines &+= 1
        if read.isServers { countServerLine(read, at: machine) }
    }

    /// The line that is being read.
    private func line(_ text: ArraySlice<UInt8>) -> Line {
        Line(log: log, number: number, text: Array(text.prefix(512)))
    }

    /// Counts a server's line. Whoever is at a host can write one there, or in a log without times
    /// in a line of another program's that goes on: if such lines counted, nobody would miss the
    /// servers' own logs.
    private mutating func countServerLine(_ read: ReplayedLine, at machine: [UInt8]?) {
        guard let time = read.time?.time else { return }
        if let machine {
            guard servers.has(machine) || !hosts.has(machine) else { return }
            serverMachines.insert(machine)
        }
        serverLines &+= 1
        firstOfServers = min(firstOfServers ?? .max, time)
    }

    private mutating func note(
        _ use: ReplayedLine.Use, at machine: [UInt8]?, isServers: Bool
    ) {
        // A server knows the realm, and its machine's is another. At a host it is the host's, as far
        // as it has not joined again since.
        let realm =
            use.realm.map { String(decoding: $0, as: UTF8.self) }
            ?? (isServers ? nil : machine.map { hosts.realm(of: $0) }) ?? ""
        var known = users[use.user, default: [:]][realm, default: BackupCodeUse()]
        if let index = use.index {
            known.note(used: index, ofSetBefore: use.time)
        } else {
            known.note(endOfSetBefore: use.time)
        }
        users[use.user, default: [:]][realm] = known
    }
}
