import OTPCore

/// The sentences that several commands share.
enum Words {
    /// How long ago `then` was: `just now`, `5 minutes ago`, `3 days ago`, `in the future`.
    static func ago(_ then: UInt64, now: UInt64) -> String {
        guard then <= now else { return "in the future" }
        let seconds = now - then
        switch seconds {
        case ..<60: return "just now"
        case ..<3600: return count(seconds / 60, "minute") + " ago"
        case ..<86_400: return count(seconds / 3600, "hour") + " ago"
        default: return count(seconds / 86_400, "day") + " ago"
        }
    }

    /// `1 day`, `3 days`.
    static func count(_ number: some BinaryInteger, _ thing: String) -> String {
        number == 1 ? "1 \(thing)" : "\(number) \(thing)s"
    }

    /// How long: whole seconds up to two minutes, then about so many minutes.
    static func duration(_ seconds: UInt64) -> Phrase {
        switch seconds {
        case ...120:
            return Phrase(seconds, one: "\(seconds) second", other: "\(seconds) seconds")
        case ...7200:
            let minutes = (seconds + 30) / 60
            return Phrase(
                minutes, one: "about \(minutes) minute", other: "about \(minutes) minutes")
        default:
            let hours = seconds / 3600 + (seconds % 3600 >= 1800 ? 1 : 0)
            return Phrase(hours, one: "about \(hours) hour", other: "about \(hours) hours")
        }
    }

    /// Where a code lies that is `offset` steps of `period` seconds from the current one.
    static func place(of offset: Int, period: UInt16) -> Phrase {
        if offset == 0 { return Phrase("right on time") }
        let (steps, long) = (offset.magnitude, duration(of: offset, period: period))
        return offset > 0
            ? Phrase(
                steps, one: "\(steps) step early (\(long))", other: "\(steps) steps early (\(long))"
            )
            : Phrase(
                steps, one: "\(steps) step late (\(long))", other: "\(steps) steps late (\(long))")
    }

    /// How long so many steps of `period` seconds are.
    static func duration(of steps: Int, period: UInt16) -> Phrase {
        duration(UInt64(min(steps.magnitude, 1 << 32)) * UInt64(period))
    }

    /// What to do about a clock that is off.
    static let clockAdvice = Phrase(
        "Set the phone's clock from the network, and check the time here.")

    /// `text` in lines of at most `width` characters, broken at spaces where there are some.
    static func wrapped(_ text: String, _ width: Int) -> [String] {
        let width = max(8, width)
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            var word = String(word)
            if !line.isEmpty, line.count + 1 + word.count > width {
                lines.append(line)
                line = ""
            }
            while word.count > width {
                lines.append(String(word.prefix(width)))
                word = String(word.dropFirst(width))
            }
            line += line.isEmpty ? word : " " + word
        }
        return lines + [line]
    }
}
