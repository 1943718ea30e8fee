import OTPCore

extension PostgresConnection {
    /// Connects to the first server of `text` (libpq's form) that can write, and makes the session
    /// one that nothing set for the role or the database weakens.
    ///
    /// Each server has `connectTime` to answer. One that `accept` throws at is left out: an old
    /// primary can write too, until it hears that there is another one.
    public static func connect(
        to text: String, as application: String,
        statementTime: Duration = .milliseconds(2500), connectTime: Duration = .seconds(1),
        until deadline: ContinuousClock.Instant,
        accept: (PostgresConnection) throws(StoreError) -> Void = { _ in }
    ) throws(StoreError) -> PostgresConnection {
        var trouble: [String] = []
        var refusal: StoreError?
        for address in try PostgresAddress.all(in: text) {
            let limit = min(deadline, ContinuousClock.now + connectTime)
            do throws(StoreError) {
                let connection = try address.connect(as: application, until: limit)
                try connection.begin(statementTime, until: limit)
                let isStandby = try connection.run(
                    PostgresStatement("SELECT pg_catalog.pg_is_in_recovery()"), until: limit
                ).rows().bool(0, 0)
                guard isStandby == false else {
                    trouble.append("\(address.place) is a standby")
                    continue
                }
                do throws(StoreError) {
                    try accept(connection)
                    return connection
                } catch {
                    refusal = refusal ?? error
                }
            } catch {
                trouble.append(error.detail)
            }
        }
        if let refusal { throw refusal }
        throw DatabaseTrouble.unreachable.error(trouble.joined(separator: "; "))
    }

    /// Sets what every yes relies on, whatever the role's, the database's and the server's defaults.
    private func begin(
        _ statementTime: Duration, until deadline: ContinuousClock.Instant
    ) throws(StoreError) {
        let (seconds, fraction) = statementTime.components
        let milliseconds = seconds * 1000 + fraction / 1_000_000_000_000_000
        let settings = [
            // The commit waits for the disk of the standby.
            "synchronous_commit TO on",
            // Otherwise the warning that the standby does not have it might not be sent.
            "client_min_messages TO notice",
            "statement_timeout TO \(max(1, milliseconds))",
            "search_path TO pg_catalog",
            "default_transaction_isolation TO 'read committed'",
            "default_transaction_read_only TO off",
            "standard_conforming_strings TO on",
        ]
        for setting in settings {
            _ = try run(PostgresStatement("SET \(setting)"), until: deadline).rows()
        }
    }
}
