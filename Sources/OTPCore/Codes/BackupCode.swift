/// A one-time code for when the phone is lost: one of ten, each good once.
///
/// Fifteen symbols of Crockford's Base32 in three groups, such as `3K7MQ-2XJ9T-DWP4A`: the index of
/// the code in its set, then 70 random bits. Because the code contains the index, a try costs one
/// hash, however many codes there are (NIST SP 800-63B-4, 3.1.2.2).
public struct BackupCode: ~Copyable {
    /// How many codes a set has.
    public static let setSize = 10
    /// Symbols of a code, including the index.
    public static let length = 15
    /// Random bytes that a code is made from (70 of their 112 bits are used).
    public static let randomLength = length - 1

    /// Which code of the set this is, 0 to 9.
    public let index: Int
    /// The fifteen symbols in upper case, without hyphens.
    let symbols: Secret

    /// Code number `index` (0 to 9), made from `randomLength` random bytes; `nil` for other sizes.
    public init?(index: Int, random: Span<UInt8>) {
        guard (0..<BackupCode.setSize).contains(index), random.count == BackupCode.randomLength
        else { return nil }
        var symbols = CodeSymbols.make(after: [CodeSymbols.symbol(index)], random: random)
        self.index = index
        self.symbols = Secret(wiping: &symbols)
    }

    /// Parses a typed code, with hyphens and spaces already removed; `nil` if it does not have the
    /// form of one.
    init?(typed: Span<UInt8>) {
        guard typed.count == BackupCode.length, let index = CodeSymbols.value(of: typed[0]),
            index < BackupCode.setSize, var symbols = CodeSymbols.read(typed)
        else { return nil }
        self.index = index
        self.symbols = Secret(wiping: &symbols)
    }

    /// The code as it is handed out: `3K7MQ-2XJ9T-DWP4A`.
    public var text: String { symbols.withBytes { CodeSymbols.text($0, groupsOf: 5) } }

    /// What is stored of the code; `nil` if the salt is not `HashedCode.saltLength` long.
    public func hashed(salt: [UInt8]) -> HashedCode? { HashedCode(symbols, salt: salt) }
}
