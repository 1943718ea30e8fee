import CPostgres

extension PostgresConnection {
    /// Runs a statement, and `look` after it, each in a transaction of its own: both are sent at once,
    /// and PostgreSQL does the second when the first is committed.
    ///
    /// Returns the answers of both. It has unsafe code.
    public func run(
        _ statement: PostgresStatement, _ values: [PostgresValue], then look: PostgresStatement,
        until deadline: ContinuousClock.Instant
    ) -> (PostgresAnswer, look: PostgresAnswer) {
        let unsent = PostgresAnswer.failed(PostgresFailure(state: "", message: "it was not asked"))
        if let trouble = ready(statement, values, until: deadline) { return (trouble, unsent) }
        if let trouble = ready(look, [], until: deadline) { return (trouble, unsent) }
        guard isAlive else {
            return (.failed(PostgresFailure(state: "", message: "the connection was lost")), unsent)
        }
        // SAFETY (all below): the connection is open, and used by one thread.
        guard unsafe PQenterPipelineMode(handle) == 1 else {
            isUsable = false
            return (.failed(PostgresFailure(state: "", message: "it takes one at a time")), unsent)
        }
        guard send(statement, values) == 1, unsafe PQpipelineSync(handle) == 1,
            send(look, []) == 1, unsafe PQpipelineSync(handle) == 1, flush(until: deadline),
            let first = results(until: deadline), let second = results(until: deadline),
            unsafe PQexitPipelineMode(handle) == 1
        else { return (lost(until: deadline), unsent) }
        return (judge(first, false, until: deadline), look: judge(second, false, until: deadline))
    }

    /// What comes up to the next synchronization, which says that the transaction has ended.
    private func results(until deadline: ContinuousClock.Instant) -> [PostgresResult]? {
        var results: [PostgresResult] = []
        // The end of a statement's results is an empty one; two in a row are the end of everything.
        var wasEmpty = false
        while wait(until: deadline) {
            // SAFETY: the connection is open.
            guard let handle = unsafe PQgetResult(handle) else {
                if wasEmpty { return nil }
                wasEmpty = true
                continue
            }
            let result = unsafe PostgresResult(owning: handle)
            if result.isSynchronization { return results }
            results.append(result)
            wasEmpty = false
        }
        return nil
    }
}
