/// What opens a sealed seal key when the machine that it was sealed to no longer does.
///
/// 32 symbols of Crockford's Base32 in eight groups, such as `7Q4K-D2M9-...`: 136 random bits, and
/// 24 bits of a checksum, so that a typing mistake is not taken for another key.
public struct RecoveryKey: ~Copyable {
    /// Symbols of a key.
    public static let length = 32
    /// Random bytes that a key is made from.
    public static let randomLength = 17

    private static let sumLength = 3
    private static let groupLength = 4

    /// Why what was typed is no recovery key.
    public enum Problem: Error, Equatable, Sendable {
        /// It has this many symbols.
        case length(Int)
        /// A byte in it stands for no symbol.
        case symbol(UInt8)
        /// It is mistyped: its checksum is wrong.
        case mistyped
    }

    private let bytes: Secret

    /// The key made from `randomLength` random bytes; `nil` for any other number of them.
    public init?(random: Span<UInt8>) {
        guard random.count == RecoveryKey.randomLength else { return nil }
        bytes = Secret(copying: random)
    }

    /// Parses a typed key. Hyphens and blanks may stand anywhere.
    public init(typed: Span<UInt8>) throws(Problem) {
        var values: [UInt8] = []
        values.reserveCapacity(typed.count)
        defer { Secret.wipe(&values) }
        for index in typed.indices where !RecoveryKey.isBetween(typed[index]) {
            guard let value = CodeSymbols.value(of: typed[index]) else {
                throw .symbol(typed[index])
            }
            values.append(UInt8(value))
        }
        guard values.count == RecoveryKey.length else { throw .length(values.count) }
        var all = RecoveryKey.regrouped(values, from: 5, to: 8)
        defer { Secret.wipe(&all) }
        let key = Secret(copying: all.span.extracting(first: RecoveryKey.randomLength))
        let sum = all.span.extracting(RecoveryKey.randomLength...)
        guard Cryptography.constantTimeEqual(RecoveryKey.sum(key).span, sum) else {
            throw .mistyped
        }
        bytes = key
    }

    private static func isBetween(_ byte: UInt8) -> Bool {
        [0x20, 0x2d, 0x09, 0x0d, 0x0a].contains(byte)
    }

    /// The key as it is shown: `7Q4K-D2M9-...`.
    public var text: String {
        var all: [UInt8] = []
        all.reserveCapacity(RecoveryKey.length)
        defer { Secret.wipe(&all) }
        bytes.withBytes { all.append(copying: $0) }
        all += RecoveryKey.sum(bytes)
        var symbols = RecoveryKey.regrouped(all, from: 8, to: 5)
        defer { Secret.wipe(&symbols) }
        for index in symbols.indices { symbols[index] = CodeSymbols.symbol(Int(symbols[index])) }
        return CodeSymbols.text(symbols.span, groupsOf: RecoveryKey.groupLength)
    }

    /// The key that is sealed with; its id tells recovery keys apart.
    public var sealKey: SealKey? {
        var key = derived("swiftotp recovery", length: SealKey.keyLength)
        let id = derived("swiftotp recovery id", length: SealKey.idLength)
        return SealKey(id: id, key: Secret(wiping: &key))
    }

    // MARK: Bits

    private static func sum(_ key: borrowing Secret) -> [UInt8] {
        derived(from: key, "swiftotp recovery sum", length: sumLength)
    }

    private func derived(_ purpose: StaticString, length: Int) -> [UInt8] {
        RecoveryKey.derived(from: bytes, purpose, length: length)
    }

    /// HMAC-SHA-256 of the purpose and a 1 in four bytes (one round of PBKDF2): random keys need no
    /// more.
    private static func derived(
        from key: borrowing Secret, _ purpose: StaticString, length: Int
    ) -> [UInt8] {
        let salt = [UInt8](purpose)
        return key.withBytes {
            Cryptography.pbkdf2(password: $0, salt: salt.span, iterations: 1, length: length)
        }
    }

    /// The same bits in groups of another size; a key has a multiple of both.
    private static func regrouped(_ values: [UInt8], from: UInt32, to: UInt32) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(RecoveryKey.length)
        var buffer: UInt32 = 0, bits: UInt32 = 0
        for value in values {
            buffer = buffer << from | UInt32(value)
            bits += from
            while bits >= to {
                bits -= to
                result.append(UInt8(truncatingIfNeeded: buffer >> bits & (1 << to - 1)))
            }
            buffer &= 1 << bits - 1
        }
        return result
    }
}
