/// What the driver is asked to do: one line of JSON.
struct Order: Decodable {
    enum Action: String, Decodable {
        /// Names a target for later orders.
        case target
        /// Logs users in.
        case logins
        /// Sends one code over many connections at the same moment.
        case race
        /// Opens connections that only send heartbeats.
        case open
        /// Says what became of them since the last time.
        case count
        /// Closes them.
        case close
    }

    var action: Action
    /// The target's name.
    var target = ""

    // MARK: A target

    var port: Int?
    /// Files with what hosts got when they joined; without any, the target is privacyIDEA.
    var hosts: [String]?
    /// What the users' keys are made of.
    var seed: String?
    /// How many users there are.
    var users: Int?

    // MARK: Logins

    /// How many at once, or how many connections.
    var atOnce: Int?
    var logins: Int?
    /// A connection for each login.
    var isCold: Bool?
    var isWrong: Bool?
    /// Only users from this one on, and so many.
    var first: Int?
    var among: Int?
    /// Seconds between the heartbeats of a connection.
    var beat: Double?

    private enum CodingKeys: String, CodingKey {
        case action, target, port, hosts, seed, users, atOnce, logins, isCold, isWrong, first
        case among, beat
    }

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        action = try fields.decode(Action.self, forKey: .action)
        target = try fields.decodeIfPresent(String.self, forKey: .target) ?? ""
        port = try fields.decodeIfPresent(Int.self, forKey: .port)
        hosts = try fields.decodeIfPresent([String].self, forKey: .hosts)
        seed = try fields.decodeIfPresent(String.self, forKey: .seed)
        users = try fields.decodeIfPresent(Int.self, forKey: .users)
        atOnce = try fields.decodeIfPresent(Int.self, forKey: .atOnce)
        logins = try fields.decodeIfPresent(Int.self, forKey: .logins)
        isCold = try fields.decodeIfPresent(Bool.self, forKey: .isCold)
        isWrong = try fields.decodeIfPresent(Bool.self, forKey: .isWrong)
        first = try fields.decodeIfPresent(Int.self, forKey: .first)
        among = try fields.decodeIfPresent(Int.self, forKey: .among)
        beat = try fields.decodeIfPresent(Double.self, forKey: .beat)
    }
}

/// What came of an order: one line of JSON.
struct Result: Encodable {
    /// The time of each login that went as it should.
    var microseconds: [Int] = []
    /// From the first request until the last answer.
    var seconds = 0.0
    /// How many answers were a yes.
    var yeses = 0
    /// How many connections are open, and how many heartbeats were answered.
    var open = 0
    var beats = 0
    /// What went wrong, and how often.
    var troubles: [String: Int] = [:]

    mutating func note(_ trouble: String) { troubles[trouble, default: 0] += 1 }
}
