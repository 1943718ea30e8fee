import Glibc
import OTPCore

/// The fleet's database as one thread sees it: one connection, made again when it is lost.
public final class Database {
    /// What the server knows about its database.
    public let settings: DatabaseSettings
    /// What the server's threads share.
    public let state: FleetState
    /// No statement is waited for after this.
    public var deadline: ContinuousClock.Instant?

    private var connection: PostgresConnection?
    private var sealing: RecordSealing?
    /// Which database it is, since it was started, and since its tables were filled anew.
    private(set) var place = ""
    private var listensUntil: ContinuousClock.Instant?
    /// Whether the last look found trouble, so that the next request has to look again.
    private var isInDoubt = false

    public init(_ settings: DatabaseSettings, state: FleetState) {
        self.settings = settings
        self.state = state
    }

    // MARK: Connecting

    /// Connects where it is necessary, and checks that the fleet may be judged by this database:
    /// that it is the fleet's, of this release, replicated, at the right time, and as new as every
    /// receipt.
    public func ready() throws(StoreError) {
        if connection?.isAlive != true {
            try connect()
        } else if isInDoubt {
            try check()
        }
        if let end = listensUntil {
            let now = ContinuousClock.now
            guard min(end, limit) == end || end <= now else {
                throw StoreError(
                    .busy, PostgresAnswer.subject,
                    "just connected, and listening for receipts that it does not have")
            }
            Database.sleep(end - now)
            listensUntil = nil
            state.noteListened(at: place)
        }
        try checkReceipts()
    }

    private func connect() throws(StoreError) {
        connection = nil
        sealing = nil
        let connection = try PostgresConnection.connect(
            to: settings.address, as: "swiftotp-server", statementTime: settings.statementTime,
            connectTime: settings.connectTime, until: limit)
        self.connection = connection
        do throws(StoreError) {
            try check()
        } catch {
            self.connection = nil
            throw error
        }
        // A database that has run ever since still has what it had.
        listensUntil =
            state.hasListened(at: place) ? nil : ContinuousClock.now + settings.listening
    }

    /// Looks again at what may change while connected. A server calls it once a second.
    ///
    /// Nothing ends PostgreSQL's wait for a standby, not even the end of the connection. Without the
    /// look at who waits, each try would leave another process waiting, until there can be no more.
    public func check() throws(StoreError) {
        isInDoubt = true
        let answer = run(Database.checkStatement, [])
        if case .failed(let failure) = answer, Schema.isMissing(failure) {
            throw Schema.notInstalled
        }
        let rows = try answer.rows()
        try Schema.check(rows.int(0, 1))
        try checkMarker(rows)
        place = rows.text(0, 9) ?? ""
        try checkReplication(rows.bool(0, 5))
        guard rows.bool(0, 8) != true else {
            throw StoreError(
                .system, PostgresAnswer.subject,
                "no standby confirms: something stored over a second ago still waits for one")
        }
        try checkClock(rows.int(0, 6))
        guard rows.text(0, 7) == "UTF8" else {
            throw StoreError(
                .configuration, PostgresAnswer.subject,
                "its encoding is \(rows.text(0, 7) ?? "unknown"); make it with encoding UTF8")
        }
        isInDoubt = false
    }

    private static let checkStatement = PostgresStatement(
        "check",
        """
        SELECT id, schema, floor, key_id, marker,
            current_setting('synchronous_standby_names') <> ''
                AND current_setting('synchronous_commit') = 'on',
            (extract(epoch FROM clock_timestamp()) * 1000)::bigint,
            current_setting('server_encoding'),
            EXISTS (SELECT FROM pg_stat_activity
                WHERE usename = current_user AND datname = current_database()
                    AND wait_event = 'SyncRep'
                    AND query_start < clock_timestamp() - interval '1 second'),
            coalesce(host(inet_server_addr()) || ' ' || inet_server_port(), '') || ' '
                || pg_postmaster_start_time() || ' '
                || coalesce(pg_relation_filenode('swiftotp.audit'), 0)
        FROM swiftotp.fleet
        """)

    private func checkMarker(_ rows: PostgresRows) throws(StoreError) {
        guard let fleet = rows.id(0, 0), let keyID = rows.bytes(0, 3),
            let marker = rows.bytes(0, 4)
        else { throw Schema.notInstalled }
        let known = state.keys ?? settings.keys
        let keys = known.led(by: keyID)
        let sealing = RecordSealing(fleet: fleet, keys: keys ?? known)
        guard keys != nil, sealing.proves(marker, under: keyID) else {
            throw StoreError(
                .otherKey, PostgresAnswer.subject,
                "it belongs to another master key than this server's; restore that key, or set the"
                    + " address of this key's database")
        }
        self.sealing = sealing
        state.learn(sealing)
    }

    private func checkReplication(_ isSynchronous: Bool?) throws(StoreError) {
        guard settings.replication == .required, isSynchronous != true else { return }
        throw StoreError(
            .configuration, PostgresAnswer.subject,
            "synchronous_standby_names is empty, so a code used now could be used again after a"
                + " failover; name a standby there, or set `replication = none`")
    }

    private func checkClock(_ milliseconds: Int64?) throws(StoreError) {
        let (here, there) = (try settings.clock(), UInt64(clamping: (milliseconds ?? 0) / 1000))
        let off = here > there ? here - there : there - here
        guard off <= settings.clockTolerance else {
            throw StoreError(
                .clock, PostgresAnswer.subject,
                "its clock is \(off) seconds \(here > there ? "behind" : "ahead of") this server's;"
                    + " set both by NTP")
        }
    }

    // MARK: Statements

    /// Until when the next statement is waited for.
    private var limit: ContinuousClock.Instant {
        let answer = ContinuousClock.now + settings.answerTime
        return deadline.map { min($0, answer) } ?? answer
    }

    /// Runs one statement in a transaction of its own.
    func run(_ statement: PostgresStatement, _ values: [PostgresValue]) -> PostgresAnswer {
        guard let connection else {
            return .failed(PostgresFailure(state: "", message: "not connected"))
        }
        let answer = connection.run(statement, values, until: limit)
        if case .unknown = answer { isInDoubt = true }
        return answer
    }

    /// Checks, right after a clean answer to a commit, that it had to wait for a standby: an admin
    /// who empties the list of standbys ends all waits, and no warning says so.
    func confirmReplication() throws(StoreError) {
        guard settings.replication == .required else { return }
        isInDoubt = true
        try checkReplication(run(Database.replicationStatement, []).rows().bool(0, 0))
        isInDoubt = false
    }

    private static let replicationStatement = PostgresStatement(
        "replication",
        "SELECT current_setting('synchronous_standby_names') <> ''"
            + " AND current_setting('synchronous_commit') = 'on'")

    /// The sealing of this fleet.
    func seal() throws(StoreError) -> RecordSealing {
        guard let sealing else {
            throw StoreError(.system, PostgresAnswer.subject, "not connected")
        }
        return sealing
    }

    /// Blocks the thread.
    static func sleep(_ time: Duration) {
        let (seconds, fraction) = time.components
        guard seconds >= 0, fraction >= 0 else { return }
        let microseconds = min(seconds, 60) * 1_000_000 + fraction / 1_000_000_000_000
        usleep(UInt32(clamping: microseconds))
    }
}
