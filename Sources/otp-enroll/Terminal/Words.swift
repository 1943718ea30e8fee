import OTPCore

/// The sentences that several commands share.
enum Words {
    /// A time in the past. At a terminal, it says how long ago that was; a file is read later, and
    /// a script computes by itself, so these get the time.
    static func when(_ then: UInt64, now: UInt64) -> String {
        Terminal.isOutput ? ago(then, now: now) : Machine.localTime(then)
    }

    /// The same for the last of several times.
    static func last(_ then: UInt64, now: UInt64) -> String {
        Terminal.isOutput
            ? ago(then, now: now) : "\(Machine.localTime(then)) (\(ago(then, now: now)))"
    }

    /// A time in the future.
    static func until(_ end: UInt64, now: UInt64) -> String {
        Terminal.isOutput ? ahead(end, now: now) : Machine.localTime(end)
    }

    /// How long ago `then` was: `just now`, `5 minutes ago`, `3 days ago`, `in the future`.
    static func ago(_ then: UInt64, now: UInt64) -> String {
        guard then <= now else { return Phrase("in the future").text }
        let phrase =
            switch Span(now - then) {
            case .moment: Phrase("just now")
            case .minutes(let n): Phrase(n, one: "\(n) minute ago", other: "\(n) minutes ago")
            case .hours(let n): Phrase(n, one: "\(n) hour ago", other: "\(n) hours ago")
            case .days(let n): Phrase(n, one: "\(n) day ago", other: "\(n) days ago")
            case .months(let n): Phrase(n, one: "\(n) month ago", other: "\(n) months ago")
            case .years(let n): Phrase(n, one: "\(n) year ago", other: "\(n) years ago")
            }
        return phrase.text
    }

    /// The time left until `then`: `in a moment`, `in 5 minutes`, `in 3 days`, `over`.
    static func ahead(_ then: UInt64, now: UInt64) -> String {
        guard then > now else { return Phrase("over").text }
        let phrase =
            switch Span(then - now) {
            case .moment: Phrase("in a moment")
            case .minutes(let n): Phrase(n, one: "in \(n) minute", other: "in \(n) minutes")
            case .hours(let n): Phrase(n, one: "in \(n) hour", other: "in \(n) hours")
            case .days(let n): Phrase(n, one: "in \(n) day", other: "in \(n) days")
            case .months(let n): Phrase(n, one: "in \(n) month", other: "in \(n) months")
            case .years(let n): Phrase(n, one: "in \(n) year", other: "in \(n) years")
            }
        return phrase.text
    }

    /// A period in its most natural unit.
    private enum Span {
        case moment
        case minutes(UInt64)
        case hours(UInt64)
        case days(UInt64)
        case months(UInt64)
        case years(UInt64)

        /// At least two of a unit from days on: "60 days" says more than "1 month".
        init(_ seconds: UInt64) {
            let days = seconds / 86_400
            self =
                switch seconds {
                case ..<60: .moment
                case ..<3600: .minutes(seconds / 60)
                case ..<86_400: .hours(seconds / 3600)
                case _ where days < 61: .days(days)
                case _ where days < 731: .months(days * 12 / 365)
                default: .years(days / 365)
                }
        }
    }

    /// `1 day`, `3 days`.
    static func count(_ number: some BinaryInteger, _ thing: String) -> String {
        Counted.text(number, thing)
    }

    /// A length of time: whole seconds up to two minutes, then about this many minutes.
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

    /// How far a code is from the current one, `offset` steps of `period` seconds.
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

    /// The length of this many steps of `period` seconds.
    static func duration(of steps: Int, period: UInt16) -> Phrase {
        duration(UInt64(min(steps.magnitude, 1 << 32)) * UInt64(period))
    }

    /// What to do about a clock that is off.
    static let clockAdvice = Phrase(
        "Set the phone's clock from the network, and check the time here.")

    /// The names close to an unknown one; `nil` if none is.
    static func proposal(for name: String, among names: [String]) -> Phrase? {
        let found = Misspelling.candidates(for: name, among: names).map { Output.printable($0) }
        guard let first = found.first else { return nil }
        guard let second = found.dropFirst().first else { return Phrase("did you mean \(first)?") }
        return Phrase("did you mean \(first) or \(second)?")
    }

    /// `text` in lines of at most `width` columns, broken at spaces if possible.
    static func wrapped(_ text: String, _ width: Int) -> [String] {
        Columns.wrapped(text, to: max(8, width))
    }
}
