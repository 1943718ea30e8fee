/// What the help desk did, the oldest first. It also counts how often a member may still act.
public struct HelpDeskLog: Equatable, Sendable {
    /// One act.
    public struct Act: Equatable, Sendable {
        /// What was done: the event that the user's record has.
        public let kind: Event.Kind
        /// When, in Unix seconds.
        public let time: UInt64
        /// Who did it.
        public let helper: User
        /// Who it was done to.
        public let user: User

        public init(_ kind: Event.Kind, at time: UInt64, by helper: User, to user: User) {
            self.kind = kind
            self.time = time
            self.helper = Act.short(helper)
            self.user = Act.short(user)
        }

        /// The user without what the log does not keep.
        private static func short(_ user: User) -> User {
            User(name: Array(user.name.prefix(maximumName)), uid: user.uid, gid: 0)
        }

        fileprivate static let maximumName = 64
    }

    /// How many acts there is room for.
    public static let capacity = 4000
    /// The longest encoded log, in bytes.
    public static let maximumLength = capacity * (8 + 1 + 2 * (4 + 1 + Act.maximumName))
    /// What counts as one day, in seconds.
    private static let day: UInt64 = 86_400

    public private(set) var acts: [Act] = []

    public init() {}

    /// Adds an act, unless its helper has acted `daily` times in the 24 hours before; whether it was
    /// added. If all acts in a full log are of those 24 hours, nobody may act.
    public mutating func take(_ act: Act, daily: Int) -> Bool {
        guard count(by: act.helper.uid, at: act.time) < daily else { return false }
        if acts.count >= HelpDeskLog.capacity {
            guard let old = acts.firstIndex(where: { !isOfToday($0, at: act.time) }) else {
                return false
            }
            acts.remove(at: old)
        }
        acts.append(act)
        return true
    }

    /// Removes an act that did not happen.
    public mutating func takeBack(_ act: Act) {
        if let index = acts.lastIndex(of: act) { acts.remove(at: index) }
    }

    /// How often the helper of this UID has acted in the last 24 hours.
    public func count(by helper: UInt32, at now: UInt64) -> Int {
        acts.count { $0.helper.uid == helper && isOfToday($0, at: now) }
    }

    /// Acts of a time to come count, too: the clock may have been moved back.
    private func isOfToday(_ act: Act, at now: UInt64) -> Bool {
        act.time >= now || now - act.time < HelpDeskLog.day
    }

    // MARK: Coding

    public var encoded: [UInt8] {
        var bytes: [UInt8] = []
        for act in acts {
            bytes.append(act.kind.rawValue)
            bytes.append(bigEndian: act.time)
            for user in [act.helper, act.user] {
                bytes.append(bigEndian: user.uid)
                bytes.append(UInt8(truncatingIfNeeded: user.name.count))
                bytes.append(copying: user.name.span)
            }
        }
        return bytes
    }

    /// Reads what `encoded` wrote; `nil` for anything else.
    public init?(decoding bytes: Span<UInt8>) {
        var cursor = Cursor()
        while cursor.offset < bytes.count {
            guard acts.count < HelpDeskLog.capacity,
                let kind = cursor.byte(bytes).flatMap({ Event.Kind(rawValue: $0) }),
                let time = cursor.uint64(bytes),
                let helper = HelpDeskLog.user(bytes, &cursor),
                let user = HelpDeskLog.user(bytes, &cursor)
            else { return nil }
            acts.append(Act(kind, at: time, by: helper, to: user))
        }
    }

    private static func user(_ bytes: Span<UInt8>, _ cursor: inout Cursor) -> User? {
        guard let uid = cursor.uint32(bytes), let length = cursor.byte(bytes),
            length <= Act.maximumName, let name = cursor.bytes(Int(length), of: bytes)
        else { return nil }
        return User(name: name, uid: uid, gid: 0)
    }
}
