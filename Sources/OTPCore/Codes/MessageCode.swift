/// A code that a user has asked for, sent by mail or text message: good once, for ten minutes.
///
/// Eight digits, while most authenticators show six: a guess at one is none at the other.
public struct MessageCode: ~Copyable {
    /// How many digits a code has.
    public static let digits: UInt8 = 8
    /// Random bytes that a code is made from: so many that no code is likelier than another by more
    /// than one in 10¹¹.
    public static let randomLength = 8
    /// How long a code is good, in seconds.
    public static let validity: UInt64 = 600

    /// The digits as a number.
    public let value: UInt32
    /// The digits, in ASCII.
    let symbols: Secret

    /// The code made from `randomLength` random bytes; `nil` for any other number of them.
    public init?(random: Span<UInt8>) {
        var cursor = Cursor()
        guard random.count == MessageCode.randomLength, let number = cursor.uint64(random) else {
            return nil
        }
        self.init(value: UInt32(truncatingIfNeeded: number % 100_000_000))
    }

    /// The code of this value, of at most eight digits.
    init(value: UInt32) {
        self.value = value
        var symbols = [UInt8](repeating: 0, count: Int(MessageCode.digits))
        var rest = value
        for index in symbols.indices.reversed() {
            symbols[index] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
        self.symbols = Secret(wiping: &symbols)
    }

    /// The code as it is sent.
    public var text: String { symbols.withBytes { String(decoding: $0.array, as: UTF8.self) } }

    /// What is stored of the code; `nil` if the salt is not `HashedCode.saltLength` long.
    func hashed(salt: [UInt8]) -> HashedCode? { HashedCode(symbols, salt: salt) }
}
