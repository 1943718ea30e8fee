/// What a user is to be told at the next login.
///
/// Kept apart from the event log, so that no number of failures can push out what somebody
/// changed.
public struct Notices: Equatable, Sendable {
    /// How many changes are kept; the oldest makes room.
    static let capacity = 6

    /// Failures since the last login at which the user was told.
    public struct Failures: Equatable, Sendable {
        /// How many; 0 for none.
        public internal(set) var count: UInt32 = 0
        /// When the first was, in Unix seconds.
        public internal(set) var since: UInt64 = 0
        /// Where the last came from, as in `Event.origin`.
        public internal(set) var origin: [UInt8] = []
    }

    /// The failures.
    public internal(set) var failures = Failures()
    /// The changes.
    var log = EventLog(capacity: Notices.capacity)
    /// Whether the number of backup codes left is to be told once more.
    public internal(set) var remindsOfBackupCodes = false

    /// The changes, oldest first.
    public var changes: [Event] { log.events }

    /// Whether there is nothing to tell.
    public var isEmpty: Bool { failures.count == 0 && log.isEmpty && !remindsOfBackupCodes }

    /// Counts a failure that came from `origin`.
    mutating func failed(at now: UInt64, from origin: [UInt8]) {
        if failures.count == 0 { failures.since = now }
        failures.count = min(failures.count, .max - 1) + 1
        failures.origin = Event(.failure, at: now, detail: [], origin: origin).origin
    }

    /// Appends the notices to `output`.
    func encode(into output: inout OutputSpan<UInt8>) {
        output.write(bigEndian: failures.count)
        output.write(bigEndian: failures.since)
        output.write(UInt8(truncatingIfNeeded: failures.origin.count))
        output.write(copying: failures.origin.span)
        output.write(remindsOfBackupCodes ? 1 : 0)
        log.encode(into: &output)
    }

    /// Reads what `encode` wrote; `nil` where the bytes are no notices.
    init?(decoding input: Span<UInt8>, _ cursor: inout Cursor) {
        guard let count = cursor.uint32(input), let since = cursor.uint64(input),
            let length = cursor.byte(input), Int(length) <= Event.originLength,
            let origin = cursor.bytes(Int(length), of: input),
            let reminds = cursor.byte(input), reminds <= 1,
            let log = EventLog(decoding: input, &cursor, capacity: Notices.capacity)
        else { return nil }
        failures = Failures(count: count, since: since, origin: origin)
        remindsOfBackupCodes = reminds == 1
        self.log = log
    }

    /// Nothing to tell.
    init() {}
}

/// Puts notices into sentences for the terminal of a login.
extension Notices {
    /// What somebody is told who is let in by `factor`; `enrollsNext` where the new device is
    /// enrolled at once. `skew` is in seconds, 0 for nothing to say of the device's clock.
    func sentences(
        after factor: Outcome.Factor, at now: UInt64, backupCodesLeft left: Int,
        enrollsNext: Bool = false, clockIsOffBy skew: Int = 0
    ) -> [String] {
        // The usual case; making no list saves a login's time.
        if case .code = factor, isEmpty, skew == 0 { return [] }
        var notices = self
        var sentences: [String] = []
        if case .code(let name, _) = factor, skew != 0 {
            sentences.append(UserText.clockIsOff(name, by: skew))
        }
        switch factor {
        case .code: break
        case .backupCode: notices.remindsOfBackupCodes = true
        case .temporaryCode:
            if !enrollsNext { sentences.append(UserText.temporaryCodeUsed) }
        }
        sentences += notices.sentences(at: now, backupCodesLeft: left)
        return sentences
    }

    /// The sentences; `left` is how many backup codes there are.
    public func sentences(at now: UInt64, backupCodesLeft left: Int) -> [String] {
        var sentences: [String] = []
        if failures.count > 0 {
            let codes = failures.count == 1 ? "1 failed code" : "\(failures.count) failed codes"
            let place = Notices.place(failures.origin)
            sentences.append(
                "\(codes) since \(UserText.moment(failures.since, now: now)), last from \(place).")
        }
        for event in changes { sentences.append(Notices.sentence(event, at: now)) }
        if remindsOfBackupCodes { sentences.append(UserText.backupCodesLeft(left)) }
        return sentences
    }

    /// The address of an origin such as `sshd 192.0.2.7`, or the service where it has none.
    private static func place(_ origin: [UInt8]) -> String {
        let isCommand = origin.starts(with: "otp-enroll".utf8)
        guard let blank = origin.firstIndex(of: UInt8(ascii: " ")), !isCommand else {
            return origin.isEmpty ? "this machine" : String(decoding: origin, as: UTF8.self)
        }
        return String(decoding: origin[(blank + 1)...], as: UTF8.self)
    }

    /// What happened, as a user is told.
    public static func sentence(_ event: Event, at now: UInt64) -> String {
        let name = String(decoding: event.detail, as: UTF8.self)
        let what =
            switch event.kind {
            case .login, .failure, .verified: "A code was tried"
            case .added: "The authenticator \"\(name)\" was added"
            case .removed: "The authenticator \"\(name)\" was removed"
            case .codesRenewed: "New backup codes were made"
            case .unlocked: "Your failed codes were forgiven"
            case .reset: "Your second factor was reset"
            case .disabled: "Your second factor was switched off"
            case .temporaryCodeIssued: "A temporary code was issued"
            case .temporaryCodeUsed: "A temporary code was used"
            case .temporaryCodeRevoked: "A temporary code was revoked"
            case .resynchronized: "The authenticator \"\(name)\" was resynchronized"
            case .imported: "The authenticator \"\(name)\" was imported"
            case .exported: "Your key was exported"
            case .keyTrusted: "The SSH key \"\(name)\" was trusted to skip the code"
            case .trustRevoked:
                name.isEmpty
                    ? "The trust in all SSH keys was ended"
                    : "The trust in the SSH key \"\(name)\" was ended"
            }
        let origin = String(decoding: event.origin, as: UTF8.self)
        return "\(what) on \(UserText.moment(event.time, now: now)) (\(origin))."
    }
}
