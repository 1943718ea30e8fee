import OTPCore

/// The help desk, as the configuration has it, and what it did.
public struct HelpDeskDocument: Codable, Equatable, Sendable {
    /// Its group; `nil` if there is no help desk.
    public var group: String?
    /// The group that it must leave alone.
    public var protected: String?
    /// How often a member may act in 24 hours.
    public var daily: Int
    /// How often the caller has.
    public var count: Int
    /// The last acts, the latest first.
    public var acts: [Act]

    /// The most acts in a reply.
    public static let mostActs = 100

    /// One act.
    public struct Act: Codable, Equatable, Sendable {
        /// The word for the event in the user's record.
        public var act: String
        /// When, in Unix seconds.
        public var time: UInt64
        /// The names of who did it, and to whom.
        public var helper: String
        public var user: String

        public init(_ act: HelpDeskLog.Act) {
            self.act = act.kind.name
            time = act.time
            helper = String(decoding: act.helper.name, as: UTF8.self)
            user = String(decoding: act.user.name, as: UTF8.self)
        }
    }

    public init(_ options: Options, acts: some Sequence<HelpDeskLog.Act>, count: Int) {
        group = options.helpdeskGroup.map { String(decoding: $0, as: UTF8.self) }
        protected = options.helpdeskProtected.map { String(decoding: $0, as: UTF8.self) }
        daily = Int(options.helpdeskDaily)
        self.count = count
        self.acts = acts.map(Act.init)
    }
}
