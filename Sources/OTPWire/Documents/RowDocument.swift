import OTPCore

/// What `list` tells of a number.
public enum RowDocument: Codable, Equatable, Sendable {
    /// There is no record.
    case nothing
    /// The record of the user with this place among those who have the number.
    case found(place: Int, account: Account)
    /// The record cannot be read.
    case unreadable(trouble: TroubleDocument)

    /// The part of an account that a list has room for. Times are Unix seconds.
    public struct Account: Codable, Equatable, Sendable {
        public var isEnrolled: Bool
        /// The names of the authenticators.
        public var authenticators: [String]
        public var backupCodesLeft: Int
        public var temporaryCode: TemporaryCodeDocument?
        /// How many SSH keys skip the code now.
        public var trustedKeys: Int
        public var failures: UInt32
        public var lock: LockDocument?
        /// `nil` for never.
        public var lastLogin: UInt64?
        /// Whether it was `reset` or `disabled` that ended it.
        public var end: String?

        public init(
            _ record: borrowing Record, at now: UInt64, boot: BootTime?, options: Options
        ) {
            isEnrolled = record.isEnrolled
            authenticators = record.authenticators.map(\.name.text)
            backupCodesLeft = record.backupCodesLeft
            temporaryCode = record.temporaryCode.map {
                TemporaryCodeDocument($0, at: now, boot: boot)
            }
            let isBehind = record.remembersLater(than: now)
            trustedKeys =
                options.trustsKeys && !isBehind
                ? record.trusted.count { $0.isLive(at: now, days: options.trustDays) } : 0
            failures = record.throttle.failures
            lock = record.throttle.lockout(at: now).map(LockDocument.init)
            lastLogin = record.throttle.lastLogin
            end =
                record.isEnrolled
                ? nil
                : record.events.events.last { $0.kind == .reset || $0.kind == .disabled }?
                    .kind.name
        }
    }
}

/// What `export` gets of a number.
public enum KeysDocument: Codable, Equatable, Sendable {
    case nothing
    /// Of the user with this place among those who have the number.
    case found(place: Int, tokens: [TokenDocument])
    case unreadable(trouble: TroubleDocument)
}
