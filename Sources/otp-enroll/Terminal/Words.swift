import OTPCore

/// The sentences that several commands share.
enum Words {
    /// When something was. Somebody at a terminal reads how long ago; a file is read later, and a
    /// script counts by itself: those get the time.
    static func when(_ then: UInt64, now: UInt64) -> String {
        Terminal.isOutput ? ago(then, now: now) : Machine.localTime(then)
    }

    /// The same for the last time of several.
    static func last(_ then: UInt64, now: UInt64) -> String {
        Terminal.isOutput
            ? ago(then, now: now) : "\(Machine.localTime(then)) (\(ago(then, now: now)))"
    }

    /// When something will be.
    static func until(_ end: UInt64, now: UInt64) -> String {
        Terminal.isOutput ? ahead(end, now: now) : Machine.localTime(end)
    }

    /// How long ago `then` was: `just now`, `5 minutes ago`, `3 days ago`, `in the future`.
    static func ago(_ then: UInt64, now: UInt64) -> String {
        guard then <= now else { return "in the future" }
        switch Span(now - then) {
        case .moment: return "just now"
        case .minutes(let number): return number == 1 ? "1 minute ago" : "\(number) minutes ago"
        case .hours(let number): return number == 1 ? "1 hour ago" : "\(number) hours ago"
        case .days(let number): return number == 1 ? "1 day ago" : "\(number) days ago"
        case .months(let number): return "\(number) months ago"
        case .years(let number): return "\(number) years ago"
        }
    }

    /// How long there is until `then`: `in a moment`, `in 5 minutes`, `in 3 days`, `over`.
    static func ahead(_ then: UInt64, now: UInt64) -> String {
        guard then > now else { return "over" }
        switch Span(then - now) {
        case .moment: return "in a moment"
        case .minutes(let number): return number == 1 ? "in 1 minute" : "in \(number) minutes"
        case .hours(let number): return number == 1 ? "in 1 hour" : "in \(number) hours"
        case .days(let number): return number == 1 ? "in 1 day" : "in \(number) days"
        case .months(let number): return "in \(number) months"
        case .years(let number): return "in \(number) years"
        }
    }

    /// A length of time in the unit that one would tell it in.
    private enum Span {
        case moment
        case minutes(UInt64)
        case hours(UInt64)
        case days(UInt64)
        case months(UInt64)
        case years(UInt64)

        /// Two of a unit at least from days on: "60 days" says more than "1 month".
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
        number == 1 ? "1 \(thing)" : "\(number) \(thing)s"
    }

    /// How long: whole seconds up to two minutes, then about so many minutes.
    static func duration(_ seconds: UInt64) -> String {
        switch seconds {
        case ...120: count(seconds, "second")
        case ...7200: "about " + count((seconds + 30) / 60, "minute")
        default: "about " + count((seconds + 1800) / 3600, "hour")
        }
    }

    /// Where a code lies that is `offset` steps of `period` seconds from the current one.
    static func place(of offset: Int, period: UInt16) -> String {
        if offset == 0 { return "right on time" }
        let steps = count(offset.magnitude, "step")
        return "\(steps) \(offset > 0 ? "early" : "late") (\(duration(of: offset, period: period)))"
    }

    /// How long so many steps of `period` seconds are.
    static func duration(of steps: Int, period: UInt16) -> String {
        duration(UInt64(min(steps.magnitude, 1 << 32)) * UInt64(period))
    }

    /// What to do about a clock that is off.
    static let clockAdvice = "set the phone's clock from the network, and check the time here"

    /// What may be meant among some names by one that is not there; `nil` where none is like it.
    static func proposal(for name: String, among names: [String]) -> String? {
        let found = Misspelling.candidates(for: name, among: names).map { Output.printable($0) }
        guard let first = found.first else { return nil }
        return found.count == 1
            ? "did you mean \(first)?" : "did you mean \(first) or \(found[1])?"
    }

    /// `text` in lines of at most `width` columns, broken at spaces where there are some.
    static func wrapped(_ text: String, _ width: Int) -> [String] {
        Columns.wrapped(text, to: max(8, width))
    }
}
