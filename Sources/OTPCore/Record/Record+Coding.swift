// The bytes of a record, as in docs/FILEFORMAT.md: version 2, big-endian.

extension Record {
    /// The version of this format. A reader refuses any other.
    public static let formatVersion: UInt32 = 2

    /// The longest encoded record, in bytes.
    public static let maximumEncodedLength = 4056

    /// The record's bytes. They contain keys, so the caller wipes them. More than
    /// `maximumEncodedLength` if the record has grown too large.
    public var encoded: [UInt8] {
        [UInt8](capacity: Record.maximumEncodedLength + 1) { encode(into: &$0) }
    }

    /// Writes the record to `bytes`, which contain keys afterwards.
    func encode(into bytes: inout OutputSpan<UInt8>) {
        bytes.write(UInt8(truncatingIfNeeded: authenticators.count))
        for (index, authenticator) in authenticators.enumerated() {
            encode(authenticator, index, into: &bytes)
        }
        bytes.write(bigEndian: backupCodesMade)
        backupCodes.encode(into: &bytes)
        IssuedCode.encode(temporaryCode, into: &bytes)
        throttle.encode(into: &bytes)
        events.encode(into: &bytes)
        notices.encode(into: &bytes)
        bytes.write(UInt8(truncatingIfNeeded: trusted.count))
        for key in trusted { key.encode(into: &bytes) }
        bytes.write(timesPutOff)
        bytes.write(bigEndian: epoch)
        keyMemory.encode(into: &bytes)
        refusedAnswers.encode(into: &bytes)
        // At the end and only if set, so that older records stay unchanged.
        guard language != nil || !messaging.isEmpty else { return }
        let name = Array((language?.name ?? "").utf8)
        bytes.write(UInt8(truncatingIfNeeded: name.count))
        bytes.write(copying: name.span)
        if !messaging.isEmpty { messaging.encode(into: &bytes) }
    }

    private func encode(
        _ authenticator: Authenticator, _ index: Int, into bytes: inout OutputSpan<UInt8>
    ) {
        bytes.write(authenticator.kind.rawValue)
        bytes.write(authenticator.algorithm.rawValue)
        bytes.write(authenticator.digits)
        bytes.write(bigEndian: authenticator.period)
        bytes.write(bigEndian: authenticator.drift)
        bytes.write(bigEndian: authenticator.nextStep)
        bytes.write(bigEndian: authenticator.added)
        bytes.write(bigEndian: authenticator.lastUsed)
        bytes.write(UInt8(truncatingIfNeeded: authenticator.name.bytes.count))
        bytes.write(copying: authenticator.name.bytes.span)
        withKey(of: index) { key in
            bytes.write(UInt8(truncatingIfNeeded: key.count))
            bytes.write(copying: key)
        }
    }

    /// Reads a record; `nil` if the bytes are not exactly one.
    public init?(decoding bytes: Span<UInt8>) {
        self.init()
        var cursor = Cursor()
        guard let count = cursor.byte(bytes), Int(count) <= Record.maximumAuthenticators else {
            return nil
        }
        for _ in 0..<count {
            guard decodeAuthenticator(bytes, &cursor) else { return nil }
        }
        guard authenticators.count == Int(count), let made = cursor.uint64(bytes),
            let backupCodes = BackupSet(decoding: bytes, &cursor),
            let temporary = IssuedCode.decode(bytes, &cursor),
            let throttle = Throttle(decoding: bytes, &cursor),
            let events = EventLog(decoding: bytes, &cursor),
            let notices = Notices(decoding: bytes, &cursor),
            let trustedCount = cursor.byte(bytes), Int(trustedCount) <= TrustedKey.maximum
        else { return nil }
        for _ in 0..<trustedCount {
            guard let key = TrustedKey(decoding: bytes, &cursor) else { return nil }
            trusted.append(key)
        }
        guard let timesPutOff = cursor.byte(bytes), let epoch = cursor.uint64(bytes),
            let keyMemory = KeyMemory(decoding: bytes, &cursor),
            let refused = RefusedAnswers(decoding: bytes, &cursor)
        else { return nil }
        if cursor.offset < bytes.count {
            guard decodeLanguageAndMessaging(bytes, &cursor) else { return nil }
        }
        refusedAnswers = refused
        self.epoch = epoch
        self.keyMemory = keyMemory
        self.timesPutOff = timesPutOff
        self.backupCodesMade = made
        self.backupCodes = backupCodes
        self.temporaryCode = temporary.code
        self.throttle = throttle
        self.events = events
        self.notices = notices
    }

    private mutating func decodeLanguageAndMessaging(
        _ bytes: Span<UInt8>, _ cursor: inout Cursor
    ) -> Bool {
        guard let length = cursor.byte(bytes), let name = cursor.bytes(Int(length), of: bytes)
        else {
            return false
        }
        language = Language(name)
        guard (language == nil) == name.isEmpty else { return false }
        if cursor.offset < bytes.count {
            guard let messaging = Messaging(decoding: bytes, &cursor), !messaging.isEmpty else {
                return false
            }
            self.messaging = messaging
        } else if language == nil {
            return false
        }
        return cursor.offset == bytes.count
    }

    private mutating func decodeAuthenticator(_ bytes: Span<UInt8>, _ cursor: inout Cursor) -> Bool
    {
        guard let kind = cursor.byte(bytes).flatMap(Authenticator.Kind.init(rawValue:)),
            let algorithm = cursor.byte(bytes).flatMap(HashAlgorithm.init(rawValue:)),
            let digits = cursor.byte(bytes), let period = cursor.uint16(bytes),
            let drift = cursor.uint16(bytes), let nextStep = cursor.uint64(bytes),
            let added = cursor.uint64(bytes), let lastUsed = cursor.uint64(bytes),
            let name = cursor.byte(bytes)
                .flatMap({ cursor.bytes(Int($0), of: bytes) }).flatMap({ Name($0) }),
            var authenticator = Authenticator(
                name: name, kind: kind, algorithm: algorithm, digits: digits, period: period,
                added: added),
            let keyLength = cursor.byte(bytes),
            var key = cursor.bytes(Int(keyLength), of: bytes)
        else { return false }
        defer { Secret.wipe(&key) }
        authenticator.drift = Int16(bitPattern: drift)
        authenticator.nextStep = nextStep
        authenticator.lastUsed = lastUsed
        do throws(ChangeError) {
            try add(authenticator, key: key.span)
            return true
        } catch {
            return false
        }
    }
}

extension Throttle {
    /// The longest encoded throttle, in bytes.
    public static let maximumEncodedLength = 30 + maximumSources * 37 + maximumNewcomers * 18

    /// The throttle's state in bytes.
    public var encoded: [UInt8] {
        [UInt8](capacity: Throttle.maximumEncodedLength) { encode(into: &$0) }
    }

    func encode(into bytes: inout OutputSpan<UInt8>) {
        bytes.write(bigEndian: shared.failures)
        bytes.write(bigEndian: shared.last)
        bytes.write(UInt8(truncatingIfNeeded: sources.count))
        for source in sources {
            source.id.encode(into: &bytes)
            bytes.write(bigEndian: source.counter.failures)
            bytes.write(bigEndian: source.counter.last)
            bytes.write(bigEndian: source.lastLogin)
        }
        bytes.write(UInt8(truncatingIfNeeded: newcomers.count))
        for newcomer in newcomers {
            newcomer.id.encode(into: &bytes)
            bytes.write(newcomer.failures)
        }
        bytes.write(bigEndian: forgiven)
        bytes.write(bigEndian: opensAt)
    }

    /// Reads a throttle's state; `nil` if the bytes are invalid.
    public init?(decoding bytes: Span<UInt8>, _ cursor: inout Cursor) {
        guard let failures = cursor.uint32(bytes), let last = cursor.uint64(bytes),
            let count = cursor.byte(bytes), Int(count) <= Throttle.maximumSources
        else { return nil }
        shared = Counter(failures: failures, last: last)
        for _ in 0..<count {
            guard let id = SourceID(decoding: bytes, &cursor),
                let failures = cursor.uint32(bytes), let last = cursor.uint64(bytes),
                let lastLogin = cursor.uint64(bytes)
            else { return nil }
            sources.append(
                Source(
                    id: id, counter: Counter(failures: failures, last: last), lastLogin: lastLogin))
        }
        guard let count = cursor.byte(bytes), Int(count) <= Throttle.maximumNewcomers else {
            return nil
        }
        for _ in 0..<count {
            guard let id = SourceID(decoding: bytes, &cursor), let failures = cursor.byte(bytes)
            else { return nil }
            newcomers.append(Newcomer(id: id, failures: failures))
        }
        guard let forgiven = cursor.uint64(bytes), let opensAt = cursor.uint64(bytes) else {
            return nil
        }
        (self.forgiven, self.opensAt) = (forgiven, opensAt)
    }
}

extension SourceID {
    func encode(into bytes: inout OutputSpan<UInt8>) {
        bytes.write(bigEndian: high)
        bytes.write(bigEndian: low)
        bytes.write(isKey ? 1 : 0)
    }

    /// Reads what `encode` wrote; `nil` if the bytes are invalid.
    init?(decoding bytes: Span<UInt8>, _ cursor: inout Cursor) {
        guard let high = cursor.uint64(bytes), let low = cursor.uint64(bytes),
            let isKey = cursor.byte(bytes), isKey <= 1
        else { return nil }
        self.init(high: high, low: low, isKey: isKey == 1)
    }
}

extension IssuedCode {
    /// Appends a code, or that there is none.
    static func encode(_ code: IssuedCode?, into bytes: inout OutputSpan<UInt8>) {
        guard let code else {
            bytes.write(0)
            return
        }
        bytes.write(code.boot == nil ? 1 : 2)
        bytes.write(copying: code.hash.bytes.span)
        bytes.write(bigEndian: code.issued)
        bytes.write(bigEndian: code.expires)
        bytes.write(bigEndian: code.used)
        if let boot = code.boot {
            bytes.write(copying: boot.id.span)
            bytes.write(bigEndian: boot.seconds)
        }
    }

    /// What was read in place of a temporary code.
    struct Decoded {
        let code: IssuedCode?
    }

    /// Reads what `encode` wrote; `nil` if the bytes are neither a code nor none.
    static func decode(_ bytes: Span<UInt8>, _ cursor: inout Cursor) -> Decoded? {
        guard let form = cursor.byte(bytes), form <= 2 else { return nil }
        if form == 0 { return Decoded(code: nil) }
        guard let hash = cursor.bytes(HashedCode.length, of: bytes).flatMap(HashedCode.init),
            let issued = cursor.uint64(bytes), let expires = cursor.uint64(bytes),
            let used = cursor.uint64(bytes)
        else { return nil }
        var boot: BootTime?
        if form == 2 {
            guard let id = cursor.bytes(BootTime.idLength, of: bytes),
                let seconds = cursor.uint64(bytes)
            else { return nil }
            boot = BootTime(id: id, seconds: seconds)
        }
        return Decoded(
            code: IssuedCode(hash: hash, issued: issued, expires: expires, used: used, boot: boot))
    }
}
