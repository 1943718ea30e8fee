/// What an ordinary user's program may ask swiftotpd for: a closed list, described in
/// docs/PROTOCOL.md. Each acts on the user who is connected, and on nobody else.
public enum HelperRequest: ~Copyable {
    /// Whether the user has anything to log in with.
    case enrolled
    /// The user's record, without anything secret.
    case status
    /// Try an answer; a right one allows what changes an enrolled user, on this connection.
    case prove(Answer)
    /// Make a key for a new authenticator, which is not kept yet.
    case begin(NewDevice)
    /// Keep it, if this is its code.
    case confirm(Answer)
    /// New backup codes.
    case codes
    /// Remove an authenticator.
    case remove(Name)
    /// End the second factor.
    case disable
    /// End the trust in the SSH key of this fingerprint; in all of them without one.
    case untrust([UInt8]?)

    /// The version of the protocol: the first byte of every message.
    public static let version: UInt8 = 1
    /// The longest request, in bytes, without its length.
    public static let maximumLength = 256

    /// What a new authenticator is to be.
    public struct NewDevice: Equatable, Sendable {
        /// What to call it; `nil` for the first free name.
        public var name: Name?
        public var kind: Authenticator.Kind
        public var algorithm: HashAlgorithm
        public var digits: UInt8
        public var period: UInt16
        /// The counter of the first code, for HOTP.
        public var counter: UInt64

        public init(
            name: Name?, kind: Authenticator.Kind, algorithm: HashAlgorithm, digits: UInt8,
            period: UInt16, counter: UInt64
        ) {
            self.name = name
            self.kind = kind
            self.algorithm = algorithm
            self.digits = digits
            self.period = period
            self.counter = counter
        }
    }

    /// The second byte of a message.
    enum Kind: UInt8 {
        case enrolled = 1
        case status = 2
        case prove = 3
        case begin = 5
        case confirm = 6
        case codes = 7
        case remove = 8
        case disable = 9
        case untrust = 10
    }

    /// Reads a request; `nil` where the bytes are not exactly one.
    public init?(decoding bytes: Span<UInt8>) {
        var cursor = Cursor()
        guard bytes.count <= HelperRequest.maximumLength,
            cursor.byte(bytes) == HelperRequest.version,
            let kind = cursor.byte(bytes).flatMap(Kind.init(rawValue:)),
            let request = HelperRequest.read(kind, bytes, &cursor), cursor.offset == bytes.count
        else { return nil }
        self = request
    }

    private static func read(
        _ kind: Kind, _ bytes: Span<UInt8>, _ cursor: inout Cursor
    ) -> HelperRequest? {
        switch kind {
        case .enrolled: return .enrolled
        case .status: return .status
        case .codes: return .codes
        case .disable: return .disable
        case .prove:
            guard let answer = answer(bytes, &cursor) else { return nil }
            return .prove(answer)
        case .confirm:
            guard let answer = answer(bytes, &cursor) else { return nil }
            return .confirm(answer)
        case .remove:
            guard let name = name(bytes, &cursor), let name else { return nil }
            return .remove(name)
        case .begin:
            guard let device = device(bytes, &cursor) else { return nil }
            return .begin(device)
        case .untrust:
            guard let length = cursor.byte(bytes),
                let fingerprint = cursor.bytes(Int(length), of: bytes),
                [0, TrustedKey.fingerprintLength].contains(fingerprint.count)
            else { return nil }
            return .untrust(fingerprint.isEmpty ? nil : fingerprint)
        }
    }

    /// An answer as it was typed: a length, which may say more than any code has, and the bytes.
    private static func answer(_ bytes: Span<UInt8>, _ cursor: inout Cursor) -> Answer? {
        guard let length = cursor.byte(bytes), let start = cursor.skip(Int(length), of: bytes)
        else { return nil }
        return Answer(bytes.extracting(start..<start + Int(length)))
    }

    /// A name, or none for a length of 0; `nil` for what is neither.
    private static func name(_ bytes: Span<UInt8>, _ cursor: inout Cursor) -> Name?? {
        guard let length = cursor.byte(bytes), let text = cursor.bytes(Int(length), of: bytes)
        else { return nil }
        if text.isEmpty { return .some(nil) }
        guard let name = Name(text) else { return nil }
        return .some(name)
    }

    private static func device(_ bytes: Span<UInt8>, _ cursor: inout Cursor) -> NewDevice? {
        guard let kind = cursor.byte(bytes).flatMap(Authenticator.Kind.init(rawValue:)),
            let algorithm = cursor.byte(bytes).flatMap(HashAlgorithm.init(rawValue:)),
            let digits = cursor.byte(bytes), HOTP.digitsRange.contains(digits),
            let period = cursor.uint16(bytes), TOTP.periodRange.contains(period),
            let counter = cursor.uint64(bytes), counter < 1 << 48,
            let name = name(bytes, &cursor)
        else { return nil }
        return NewDevice(
            name: name, kind: kind, algorithm: algorithm, digits: digits, period: period,
            counter: counter)
    }
}

// MARK: Writing

extension HelperRequest {
    /// A request of nothing but its kind.
    public static var enrolledMessage: [UInt8] { message(.enrolled) }
    /// The same for the record.
    public static var statusMessage: [UInt8] { message(.status) }
    /// The same for new backup codes.
    public static var codesMessage: [UInt8] { message(.codes) }
    /// The same for the end of the second factor.
    public static var disableMessage: [UInt8] { message(.disable) }

    /// A request to try what was typed. To be wiped.
    public static func proveMessage(_ typed: Span<UInt8>) -> [UInt8] {
        var message = message(.prove)
        append(typed, to: &message)
        return message
    }

    /// A request to confirm the new authenticator. To be wiped.
    public static func confirmMessage(_ typed: Span<UInt8>) -> [UInt8] {
        var message = message(.confirm)
        append(typed, to: &message)
        return message
    }

    /// A request to remove an authenticator.
    public static func removeMessage(_ name: Name) -> [UInt8] {
        var message = message(.remove)
        message.append(UInt8(truncatingIfNeeded: name.bytes.count))
        message.append(copying: name.bytes.span)
        return message
    }

    /// A request to end the trust in an SSH key, by its fingerprint; in all of them for `nil`.
    public static func untrustMessage(_ fingerprint: [UInt8]?) -> [UInt8] {
        var message = message(.untrust)
        let fingerprint = fingerprint ?? []
        message.append(UInt8(truncatingIfNeeded: fingerprint.count))
        message.append(copying: fingerprint.span)
        return message
    }

    /// A request for a new authenticator.
    public static func beginMessage(_ device: NewDevice) -> [UInt8] {
        var message = message(.begin)
        message.append(device.kind.rawValue)
        message.append(device.algorithm.rawValue)
        message.append(device.digits)
        message.append(bigEndian: device.period)
        message.append(bigEndian: device.counter)
        let name = device.name?.bytes ?? []
        message.append(UInt8(truncatingIfNeeded: name.count))
        message.append(copying: name.span)
        return message
    }

    private static func message(_ kind: Kind) -> [UInt8] {
        var message: [UInt8] = []
        message.reserveCapacity(maximumLength)
        message.append(version)
        message.append(kind.rawValue)
        return message
    }

    /// Appends an answer; of one that is longer than any code, only as much as shows that.
    private static func append(_ typed: Span<UInt8>, to message: inout [UInt8]) {
        let length = min(typed.count, Answer.maximumLength + 1)
        message.append(UInt8(truncatingIfNeeded: length))
        message.append(copying: typed.extracting(first: length))
    }
}
