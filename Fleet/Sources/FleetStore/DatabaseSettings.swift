import OTPCore

/// What a server knows about its database.
public struct DatabaseSettings: Sendable {
    /// Where the database is: a connection string or URI (libpq's form), with one host or several.
    public var address: String
    /// The master keys.
    public var keys: MasterKeys
    /// This server's name, for the audit.
    public var server: String
    /// Whether every yes waits for a standby.
    public var replication = Replication.required
    /// What tells users apart.
    public var identity = Identity.uid
    /// How many steps a code may be off, as it is judged.
    public var window: UInt8 = 1
    /// The time, in Unix seconds.
    public var clock: @Sendable () throws(StoreError) -> UInt64
    /// How long PostgreSQL may work on a statement, such as when somebody has locked the row. Not how
    /// long it waits for a standby: nothing ends that.
    public var statementTime = Duration.milliseconds(2500)
    /// How long to wait for the answer to a statement; more than `statementTime`, so that PostgreSQL
    /// is the first to give up.
    public var answerTime = Duration.milliseconds(3000)
    /// How long connecting may take, for each host.
    public var connectTime = Duration.milliseconds(1000)
    /// How long to listen for receipts of hosts after connecting, before anything is judged.
    public var listening = Duration.milliseconds(1500)
    /// How long to go on listening after a host that was not heard before: thousands of them take a
    /// while to connect to a server that was restarted. One that is off is not waited for.
    public var nextHost = Duration.milliseconds(500)
    /// How long to listen at most.
    public var longestListening = Duration.seconds(10)
    /// How far the database's clock may be off, in seconds.
    public var clockTolerance: UInt64 = 5

    /// Whether every yes waits for a standby.
    public enum Replication: Sendable {
        /// It does; without one nobody logs in.
        case required
        /// It does not: whoever loses the database's disk may lose what was used.
        case none
    }

    /// What tells users apart.
    public enum Identity: Sendable {
        /// Name and UID: another UID for a name is refused.
        case uid
        /// The name alone, where UIDs differ by design.
        case name
    }

    public init(
        address: String, keys: MasterKeys, server: String,
        clock: @escaping @Sendable () throws(StoreError) -> UInt64
    ) {
        self.address = address
        self.keys = keys
        self.server = server
        self.clock = clock
    }
}
