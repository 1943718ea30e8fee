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
    /// Since when it listens for receipts, and until when at least; `nil` if it does not.
    private var listening: (since: ContinuousClock.Instant, until: ContinuousClock.Instant)?
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
            do throws(StoreError) { try check() } catch {
                // Another one may be the primary by now, although this one still writes.
                connection = nil
                throw error
            }
        }
        try listen()
        try checkReceipts()
    }

    /// Waits until the hosts have shown their receipts, each with a heartbeat. Throws if that takes
    /// longer than there is time.
    private func listen() throws(StoreError) {
        let limit = limit
        while let (since, end) = listening {
            let now = ContinuousClock.now
            guard end <= max(limit, now) else {
                throw StoreError(
                    .busy, PostgresAnswer.subject,
                    "just connected, and listening for receipts that it does not have")
            }
            Database.sleep(end - now)
            let next = state.latestHost(at: place).map { $0 + settings.nextHost } ?? end
            let late = min(next, since + settings.longestListening)
            guard late <= .now else {
                listening = (since, late)
                continue
            }
            listening = nil
            state.noteListened(at: place)
        }
    }

    private func connect() throws(StoreError) {
        connection = nil
        sealing = nil
        connection = try PostgresConnection.connect(
            to: settings.address, as: "swiftotp-server", statementTime: settings.statementTime,
            connectTime: settings.connectTime, until: limit
        ) { (candidate) throws(StoreError) in
            connection = candidate
            defer { connection = nil }
            try check()
        }
        // A database that has run ever since still has what it had.
        guard !state.hasListened(at: place) else {
            listening = nil
            return
        }
        let now = ContinuousClock.now
        listening = (now, now + settings.listening)
        state.beginListening(at: place)
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
        let (isSynchronous, isStuck) = (rows.bool(0, 5), rows.bool(0, 8) == true)
        let offset = try clockOffset(rows.int(0, 6))
        state.counts.note(
            clockOffset: offset, isReplicated: isSynchronous == true && !isStuck)
        try checkReplication(isSynchronous)
        guard !isStuck else {
            throw DatabaseTrouble.unconfirmed.error("something has waited for over a second")
        }
        try checkClock(offset)
        guard rows.text(0, 7) == "UTF8" else {
            throw DatabaseTrouble.encoding.error("it is \(rows.text(0, 7) ?? "unknown")")
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
            throw DatabaseTrouble.otherKey.error()
        }
        self.sealing = sealing
        state.learn(sealing)
    }

    private func checkReplication(_ isSynchronous: Bool?) throws(StoreError) {
        guard settings.replication == .required, isSynchronous != true else { return }
        throw DatabaseTrouble.noStandby.error()
    }

    /// How far this server's clock is ahead of the database's, in seconds.
    private func clockOffset(_ milliseconds: Int64?) throws(StoreError) -> Int64 {
        let there = max(0, (milliseconds ?? 0) / 1000)
        return Int64(clamping: try settings.clock()) - there
    }

    private func checkClock(_ offset: Int64) throws(StoreError) {
        guard offset.magnitude <= settings.clockTolerance else {
            throw DatabaseTrouble.clock.error(
                "it is \(offset.magnitude) seconds \(offset > 0 ? "behind" : "ahead of")"
                    + " this server's")
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
        return noted(connection.run(statement, values, until: limit))
    }

    private func noted(_ answer: PostgresAnswer) -> PostgresAnswer {
        if case .unknown = answer {
            isInDoubt = true
            state.counts.countUnknown()
        }
        return answer
    }

    /// The same for what is relied on: a clean answer had to wait for a standby. An admin who empties
    /// the list of standbys ends all waits, and no warning says so, so that PostgreSQL is asked for
    /// the list right after the commit.
    func store(
        _ statement: PostgresStatement, _ values: [PostgresValue]
    ) throws(StoreError) -> PostgresAnswer {
        guard settings.replication == .required, let connection else {
            return run(statement, values)
        }
        let (answer, look) = connection.run(
            statement, values, then: Database.replicationStatement, until: limit)
        guard case .clean = noted(answer) else { return answer }
        isInDoubt = true
        try checkReplication(noted(look).rows().bool(0, 0))
        isInDoubt = false
        return answer
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
