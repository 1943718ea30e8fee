/// The symbols of backup and temporary codes: Crockford's Base32, without I, L, O and U. Input may
/// be in either case, with O for 0, and I and L for 1.
enum CodeSymbols {
    private static var alphabet: [UInt8] { Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8) }

    /// `head`, followed by symbols made from random bytes, five bits of each. The caller wipes it.
    static func make(after head: [UInt8], random: Span<UInt8>) -> [UInt8] {
        let alphabet = alphabet
        var symbols: [UInt8] = []
        symbols.reserveCapacity(head.count + random.count)
        symbols.append(copying: head.span)
        for position in random.indices { symbols.append(alphabet[Int(random[position] & 31)]) }
        return symbols
    }

    /// The symbol that stands for `value`, 0 to 31.
    static func symbol(_ value: Int) -> UInt8 { alphabet[value & 31] }

    /// The typed symbols in upper case; `nil` if one is invalid. The caller wipes them.
    static func read(_ typed: Span<UInt8>) -> [UInt8]? {
        let alphabet = alphabet
        var symbols: [UInt8] = []
        symbols.reserveCapacity(typed.count)
        for position in typed.indices {
            guard let value = value(of: typed[position], in: alphabet) else {
                Secret.wipe(&symbols)
                return nil
            }
            symbols.append(alphabet[value])
        }
        return symbols
    }

    /// The value of a symbol, 0 to 31.
    static func value(of symbol: UInt8) -> Int? { value(of: symbol, in: alphabet) }

    private static func value(of byte: UInt8, in alphabet: [UInt8]) -> Int? {
        let upper = (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) ? byte - 32 : byte
        switch upper {
        case UInt8(ascii: "O"): return 0
        case UInt8(ascii: "I"), UInt8(ascii: "L"): return 1
        default: return alphabet.firstIndex(of: upper)
        }
    }

    /// Symbols as they are handed out, in groups separated by hyphens.
    static func text(_ symbols: Span<UInt8>, groupsOf size: Int) -> String {
        var text: [UInt8] = []
        for position in symbols.indices {
            if position > 0 && position % size == 0 { text.append(UInt8(ascii: "-")) }
            text.append(symbols[position])
        }
        return String(decoding: text, as: UTF8.self)
    }
}
