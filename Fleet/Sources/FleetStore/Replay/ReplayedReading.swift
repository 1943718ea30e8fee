import OTPCore

/// What a program of swiftotp has written, read for backup codes.
///
/// A line either surely says nothing about them, or is read to its end, and anything odd in it
/// makes it one that cannot be understood: a code that was used must not count again because a disk
/// was full.
struct ReplayedReading {
    let text: ArraySlice<UInt8>
    /// Whether nothing of it is missing.
    let isWhole: Bool
    /// When it was written at the latest, in Unix seconds; `nil` if nobody knows.
    let latest: UInt64?

    /// How far the time of a set can be ahead of that of a line about its use, in seconds: one
    /// server made it and another has written that, and the clock of each may be five seconds off
    /// the database's, and a little more.
    private static let ahead: UInt64 = 15
    /// How long after it has made a set a server writes the line about that, in seconds.
    private static let behind: UInt64 = 5

    init(_ text: ArraySlice<UInt8>, isWhole: Bool, latest: UInt64?) {
        (self.text, self.isWhole, self.latest) = (text, isWhole, latest)
    }

    // MARK: What matters

    /// What the lines that matter begin with.
    static let openings: [[UInt8]] = {
        let uses = [
            "login granted; factor=backup-code", "granted; what=login how=backup-code",
            "code accepted; reason=backup-code",
        ]
        return (uses + endings.keys.map { "\($0);" }).map { Array($0.utf8) }
    }()

    /// The events after which backup codes from before do not count, by what their lines begin
    /// with.
    private static let endings: [String: Event.Kind] = Event.Kind.allCases
        .filter(endsBackupCodes).reduce(into: [:]) { $0["\(LogLine.title($1))"] = $1 }

    private static func endsBackupCodes(_ kind: Event.Kind) -> Bool {
        switch kind {
        case .codesRenewed, .reset, .disabled: true
        // The older database has the record under the earlier name.
        case .moved: true
        // A host's own store; what a fleet restores has no line for each user.
        case .restored: false
        case .login, .failure, .added, .removed, .verified, .unlocked, .temporaryCodeIssued,
            .temporaryCodeUsed, .temporaryCodeRevoked, .resynchronized, .imported, .exported,
            .keyTrusted, .trustRevoked, .codeSent, .contactChanged, .messageCodeUsed:
            false
        }
    }

    /// Whether there is something in a text of an unknown form that could matter. Most have no
    /// semicolon, as all openings do.
    static func mayMatter(_ text: ArraySlice<UInt8>) -> Bool {
        text.contains(UInt8(ascii: ";")) && openings.contains { text.firstRange(of: $0) != nil }
    }

    // MARK: Reading

    /// What it says. The module's lines have nothing but LogLine's words in them.
    func meaning(isModules: Bool) -> ReplayedLine.Meaning {
        guard let words = LogWords(text) else {
            let start = untilMark
            let isBeginning = ReplayedReading.openings.contains { $0.starts(with: start) }
            let isDoubtful = isModules || (isBeginning && !start.isEmpty)
            return isDoubtful || ReplayedReading.mayMatter(text) ? .unclear : .nothing
        }
        let (first, second) = words.words
        switch words.title {
        case "login granted": return use(words, if: has(first, "factor=", "backup-code"))
        case "code accepted": return use(words, if: has(first, "reason=", "backup-code"))
        case "granted":
            guard let isLogin = has(first, "what=", "login") else { return .unclear }
            return use(words, if: isLogin ? has(second, "how=", "backup-code") : false)
        // Also where swiftotpd has left lines out: the servers have those logins.
        default: return ReplayedReading.endings[words.title].map { end(words, by: $0) } ?? .nothing
        }
    }

    /// What comes before the mark of journalctl(1) for what it has left out of a line.
    private var untilMark: ArraySlice<UInt8> {
        let end = text.firstRange(of: "...".utf8)?.lowerBound ?? text.endIndex
        return text[..<end].prefix { $0 < 0x80 }
    }

    /// Whether a field has this value, of small letters and hyphens; `nil` if it is another field,
    /// or something of it may have been cut off or left out.
    private func has(_ field: ArraySlice<UInt8>, _ key: String, _ value: String) -> Bool? {
        guard field.starts(with: key.utf8) else { return nil }
        let (found, wanted) = (field.dropFirst(key.utf8.count), Array(value.utf8))
        if found.elementsEqual(wanted) { return true }
        let alike = zip(found, wanted).prefix { $0 == $1 }.count
        guard let other = found.dropFirst(alike).first else { return nil }
        let isLetter = (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(other)
        return isLetter || other == UInt8(ascii: "-") ? false : nil
    }

    /// A line about a code that was right, if it was a backup code.
    private func use(_ words: LogWords, if isBackupCode: Bool?) -> ReplayedLine.Meaning {
        guard isBackupCode != false else { return .nothing }
        guard isBackupCode == true, isWhole, let fields = words.fields,
            let user = name(in: fields["user"])
        else { return .unclear }
        // Without an index it could be any of them.
        guard let digits = fields["index"] else {
            return .uses([use(of: user, fields, nil, before: time(later: true))])
        }
        guard let index = Int(String(decoding: digits, as: UTF8.self)), digits.count == 1 else {
            return .unclear
        }
        return .uses([use(of: user, fields, index, before: time(later: true))])
    }

    /// A line about something that ends all backup codes.
    private func end(_ words: LogWords, by kind: Event.Kind) -> ReplayedLine.Meaning {
        guard isWhole, let fields = words.fields, let user = name(in: fields["user"]) else {
            return .unclear
        }
        // A renewal's own set stays: it was made at the same time.
        let time = time(later: kind != .codesRenewed)
        var uses = [use(of: user, fields, nil, before: time)]
        if kind == .moved {
            guard let old = name(in: fields["from"]) else { return .unclear }
            uses.append(use(of: old, fields, nil, before: time))
        }
        return .uses(uses)
    }

    private func use(
        of user: [UInt8], _ fields: [String: [UInt8]], _ index: Int?, before time: UInt64
    ) -> ReplayedLine.Use {
        ReplayedLine.Use(user: user, realm: name(in: fields["realm"]), index: index, time: time)
    }

    /// A name that is all there: LogLine cuts off a longer one.
    private func name(in field: [UInt8]?) -> [UInt8]? {
        guard let field, (1..<LogLine.maximumValueLength).contains(field.count) else { return nil }
        return field
    }

    /// The time up to which sets are concerned: a little later than the line, or earlier.
    private func time(later: Bool) -> UInt64 {
        guard let latest else { return .max }
        return later
            ? latest &+ ReplayedReading.ahead : latest - min(latest, ReplayedReading.behind)
    }
}
