/// What an edit of a record comes to.
public enum Edited<Result> {
    /// The record is to be kept as it is now.
    case kept(Result)
    /// Nothing is to be written.
    case left(Result)
}

extension RecordStore {
    /// Changes the record of `user`: opens it, calls `body` with it, and keeps what `body` wants
    /// kept. Where there is none, `body` gets an empty one if `makesRecord`, and otherwise the
    /// result is `nil`.
    ///
    /// Somebody else may make or remove the record between the looks: `body` starts afresh then,
    /// and has to look afresh at what it was called for.
    public func edit<Result>(
        _ user: User, makesRecord: Bool,
        _ body: (inout Record) throws(StoreError) -> Edited<Result>
    ) throws(StoreError) -> Result? {
        // Made and removed again all the time it could go on for ever.
        for _ in 0..<16 {
            if let session = try open(user) {
                defer { session.close() }
                switch try session.withRecord(body) {
                case .kept(let result):
                    try session.commit()
                    return result
                case .left(let result): return result
                }
            }
            guard makesRecord else { return nil }
            var record = Record()
            switch try body(&record) {
            case .left(let result): return result
            case .kept(let result):
                do throws(StoreError) {
                    try make(record, of: user)
                    return result
                } catch {
                    guard error.code == .exists else { throw error }
                }
            }
        }
        throw StoreError(.busy, user.name, "the record keeps being changed by somebody else")
    }
}
