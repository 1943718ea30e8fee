import OTPCore

/// What `list` shows for a UID.
public enum RowDocument: Codable, Equatable, Sendable {
    /// There is no record.
    case nothing
    /// The record of a user; `place` is the user's position among those who have the UID.
    case found(place: Int, account: Account)
    /// The record of a UID that nobody has, and the name in it.
    case orphan(name: String)
    /// The record cannot be read.
    case unreadable(trouble: TroubleDocument)
    /// The record of a user whom the help desk must leave alone.
    case hidden

    /// The part of an account that fits a list. Times are Unix seconds.
    public struct Account: Equatable, Sendable {
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
        /// Whether `reset` or `disabled` ended it.
        public var end: String?
        /// How many authenticators have a key of fewer than 128 bits.
        public var shortKeys: Int

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
            lock = record.throttle.lockout(at: now, closedFor: options.closedFor)
                .map(LockDocument.init)
            lastLogin = record.throttle.lastLogin
            end =
                record.isEnrolled
                ? nil
                : record.events.events.last { $0.kind == .reset || $0.kind == .disabled }?
                    .kind.name
            shortKeys = record.authenticators.indices.count { record.hasShortKey(at: $0) }
        }
    }
}

// There may be many: a list of what every account has, with an object for the rest if there is any,
// takes a third of the time of nested objects.
extension RowDocument {
    /// What only few accounts have.
    private struct Rest: Codable, Equatable {
        var temporaryCode: TemporaryCodeDocument?
        var lock: LockDocument?
        var lastLogin: UInt64?
        var end: String?
        var shortKeys: Int?
    }

    public init(from decoder: any Decoder) throws {
        guard var list = try? decoder.unkeyedContainer() else {
            self = .unreadable(trouble: try TroubleDocument(from: decoder))
            return
        }
        guard !list.isAtEnd else {
            self = .nothing
            return
        }
        if let isSeen = try? list.decode(Bool.self), !isSeen {
            self = .hidden
            return
        }
        guard let place = try? list.decode(Int.self) else {
            self = .orphan(name: try list.decode(String.self))
            return
        }
        self = .found(place: place, account: try Account(from: &list))
    }

    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .unreadable(let trouble): try trouble.encode(to: encoder)
        case .nothing: _ = encoder.unkeyedContainer()
        case .hidden:
            var list = encoder.unkeyedContainer()
            try list.encode(false)
        case .orphan(let name):
            var list = encoder.unkeyedContainer()
            try list.encode(name)
        case .found(let place, let account):
            var list = encoder.unkeyedContainer()
            try list.encode(place)
            try account.encode(to: &list)
        }
    }
}

extension RowDocument.Account {
    fileprivate init(from list: inout any UnkeyedDecodingContainer) throws {
        isEnrolled = try list.decode(Bool.self)
        backupCodesLeft = try list.decode(Int.self)
        trustedKeys = try list.decode(Int.self)
        failures = try list.decode(UInt32.self)
        authenticators = try list.decode([String].self)
        let rest = list.isAtEnd ? nil : try list.decode(RowDocument.Rest.self)
        temporaryCode = rest?.temporaryCode
        lock = rest?.lock
        lastLogin = rest?.lastLogin
        end = rest?.end
        shortKeys = rest?.shortKeys ?? 0
    }

    fileprivate func encode(to list: inout any UnkeyedEncodingContainer) throws {
        try list.encode(isEnrolled)
        try list.encode(backupCodesLeft)
        try list.encode(trustedKeys)
        try list.encode(failures)
        try list.encode(authenticators)
        let rest = RowDocument.Rest(
            temporaryCode: temporaryCode, lock: lock, lastLogin: lastLogin, end: end,
            shortKeys: shortKeys > 0 ? shortKeys : nil)
        if rest != RowDocument.Rest() { try list.encode(rest) }
    }
}

/// What `export` gets for a UID.
public enum KeysDocument: Codable, Equatable, Sendable {
    case nothing
    /// The keys of a user; `place` is the user's position among those who have the UID.
    case found(place: Int, tokens: [TokenDocument])
    case unreadable(trouble: TroubleDocument)
}
