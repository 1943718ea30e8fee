import ArgumentParser
import OTPCore

extension Arguments {
    /// A length of time in seconds: whole numbers with `d`, `h`, `m` or `s`, larger units first and
    /// each at most once, such as `90m`, `24h` and `1h30m`.
    static func duration(_ text: String, in range: ClosedRange<UInt64>) throws -> UInt64 {
        guard let seconds = seconds(text), range.contains(seconds) else {
            throw ValidationError(
                "use a time such as 30m, 24h or 1h30m, from \(Words.span(range.lowerBound)) to "
                    + Words.span(range.upperBound))
        }
        return seconds
    }

    private static func seconds(_ text: String) -> UInt64? {
        var units = Words.units[...]
        var rest = Array(text.utf8)[...]
        var total: UInt64 = 0
        repeat {
            let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            // Nine digits of days fit into 64 bits of seconds.
            guard (1...9).contains(digits.count),
                let number = UInt64(String(decoding: digits, as: UTF8.self))
            else { return nil }
            rest = rest.dropFirst(digits.count)
            guard let sign = rest.popFirst(),
                let index = units.firstIndex(where: { $0.sign.utf8.elementsEqual([sign]) })
            else { return nil }
            total += number * units[index].seconds
            units = units[(index + 1)...]
        } while !rest.isEmpty
        return total
    }
}

extension Words {
    /// The units of time, the largest first.
    static let units: [(sign: String, seconds: UInt64)] = [
        ("d", 86_400), ("h", 3600), ("m", 60), ("s", 1),
    ]

    /// A length of time as users type it: `10m`, `3d`, `1h30m`.
    static func span(_ seconds: UInt64) -> String {
        var rest = seconds
        var text = ""
        for unit in units where rest >= unit.seconds {
            text += "\(rest / unit.seconds)\(unit.sign)"
            rest %= unit.seconds
        }
        return text.isEmpty ? "0s" : text
    }
}
