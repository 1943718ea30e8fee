/// The answer that lets a user in at one host of a fleet while no server is reached.
///
/// Twelve symbols of Crockford's Base32, such as `3K7M-Q2XJ-9TDW`: 60 bits of HMAC-SHA-256 of the
/// user's name and a number, with a key that only the host and the fleet's servers have. Each number
/// counts once.
public enum OfflineAnswer {
    /// Symbols of an answer, without hyphens.
    public static let length = 12

    /// The answer with this number, as it is read out or printed.
    public static func text(of user: [UInt8], number: UInt64, key: SealKey) -> String {
        var symbols = symbols(of: user, number, key)
        defer { Secret.wipe(&symbols) }
        return CodeSymbols.text(symbols.span, groupsOf: 4)
    }

    /// Whether what was typed is that answer: in either case, with spaces and hyphens anywhere.
    public static func isRight(
        _ typed: Span<UInt8>, of user: [UInt8], number: UInt64, key: SealKey
    ) -> Bool {
        guard typed.count <= Answer.maximumLength else { return false }
        var kept: [UInt8] = []
        kept.reserveCapacity(typed.count)
        defer { Secret.wipe(&kept) }
        for index in typed.indices
        where typed[index] != UInt8(ascii: " ") && typed[index] != UInt8(ascii: "-") {
            kept.append(typed[index])
        }
        guard kept.count == length, var read = CodeSymbols.read(kept.span) else { return false }
        var right = symbols(of: user, number, key)
        defer {
            Secret.wipe(&read)
            Secret.wipe(&right)
        }
        return Cryptography.constantTimeEqual(read.span, right.span)
    }

    private static func symbols(of user: [UInt8], _ number: UInt64, _ key: SealKey) -> [UInt8] {
        var text = [UInt8]("swiftotp offline answer" as StaticString)
        // A text never has a zero: where it ends is certain. The number has a fixed length.
        text.append(0)
        text.append(bigEndian: number)
        text += user
        var bytes = key.mac(text.span, length: length)
        defer { Secret.wipe(&bytes) }
        return CodeSymbols.make(after: [], random: bytes.span)
    }
}
