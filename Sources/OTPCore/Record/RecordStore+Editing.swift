/// The result of an edit of a record.
public enum Edited<Result> {
    /// Store the record as it is now.
    case kept(Result)
    /// Write nothing.
    case left(Result)
}

extension RecordStore {
    /// Edits the record of `user`: opens it, calls `body` with it, and stores it if `body` says so.
    /// If there is none, `body` gets an empty one if `makesRecord` is true; otherwise the result is
    /// `nil`.
    ///
    /// Another process may make or remove the record in between: `body` is then called again, and
    /// must check its conditions again.
    public func edit<Result>(
        _ user: User, makesRecord: Bool,
        _ body: (inout Record) throws(StoreError) -> Edited<Result>
    ) throws(StoreError) -> Result? {
        // If it were made and removed all the time, this could go on for ever.
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
