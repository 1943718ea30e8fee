@testable import OTPCore

/// A year in the life of an account, by a scripted clock: strangers who guess as fast as they may,
/// and an owner who logs in four times a day and mistypes at every tenth login.
struct Year {
    /// Who guesses.
    enum Stranger: String, CaseIterable {
        case none = "nobody"
        case one = "from one source"
        case nine = "from nine places, seven the owner's"
        case many = "from a new source each time"
        case patient = "once a day, from a new source"
        case reopening = "from one source, with closed_for = 24h"
        case sameNetwork = "from the owner's own network"
    }

    /// Who logs in.
    enum Owner: String, CaseIterable {
        case atHome = "at one address"
        case moving = "at a new address each time"
        case key = "by key"
        case console = "at the console"
        case backup = "by backup code"
    }

    let stranger: Stranger
    let owner: Owner

    /// Codes of a stranger that were compared.
    private(set) var guesses = 0
    /// Logins of the owner, and those at which no code was accepted.
    private(set) var logins = 0, refused = 0
    /// The day on which it was closed for codes, counted from 0.
    private(set) var closedOn: UInt64?

    private var throttle = Throttle()
    private var (now, start) = (UInt64(1_800_000_000), UInt64(1_800_000_000))
    private let day: UInt64 = 86_400
    /// The admin's setting: `closed_for`.
    private var closedFor: UInt64? { stranger == .reopening ? day : nil }

    init(_ stranger: Stranger, _ owner: Owner) {
        (self.stranger, self.owner) = (stranger, owner)
        // Before the year begins, the owner has logged in from eight places.
        for place in 0..<7 as Range<UInt64> {
            throttle.succeed(at: start - 7200 + place, from: source("place \(place)"))
        }
        throttle.succeed(at: start - 3600, from: ownersSource)
    }

    /// Runs the whole year.
    mutating func run() {
        for quarter in 1...4 * 365 as ClosedRange<UInt64> {
            let next = start + quarter * day / 4
            guess(until: next)
            now = next
            logIn(mistyping: quarter % 10 == 3)
        }
    }

    // MARK: The stranger

    private mutating func guess(until end: UInt64) {
        guard stranger != .none else { return }
        if stranger == .patient, (end - start) % day != 0 { return }
        while now < end {
            var wait: UInt64?
            _ = throttle.repair(at: now, closedFor: closedFor)
            for source in strangersSources where now < end {
                switch throttle.permission(at: now, from: source) {
                case .open:
                    throttle.charge(at: now, from: source)
                    guesses += 1
                    now += 1
                    wait = 0
                    if stranger == .patient { return }
                case .wait(let seconds): wait = min(wait ?? seconds, seconds)
                case .closed: break
                }
            }
            guard let wait else {
                closedOn = closedOn ?? (now - start) / day
                return
            }
            now += wait
        }
    }

    private var strangersSources: [SourceID] {
        switch stranger {
        case .nine: (0..<9).map { source("place \($0)") }
        case .many, .patient: [source("stranger \(guesses)")]
        case .sameNetwork: [ownersPlace]
        case .one, .reopening, .none: [source("stranger")]
        }
    }

    // MARK: The owner

    private mutating func logIn(mistyping: Bool) {
        let source = ownersSource
        _ = throttle.repair(at: now, closedFor: closedFor)
        logins += 1
        // Backup codes are compared whatever others have guessed (`Attempt`).
        guard owner != .backup else {
            throttle.succeed(at: now, from: source)
            return
        }
        // A throttled owner waits once; a locked-out one does not get in.
        for isWrong in mistyping ? [true, false] : [false] {
            if case .wait(let seconds) = throttle.permission(at: now, from: source) {
                now += seconds
            }
            guard throttle.permission(at: now, from: source) == .open else {
                refused += 1
                return
            }
            throttle.charge(at: now, from: source)
            if !isWrong { throttle.succeed(at: now, from: source) }
        }
    }

    private var ownersSource: SourceID {
        owner == .key ? source("key", isKey: true) : ownersPlace
    }

    /// The place of the owner, and of everybody in the same network.
    private var ownersPlace: SourceID {
        switch owner {
        case .moving: source("owner \((now - start) / (day / 4))")
        case .console: source("here")
        case .atHome, .key, .backup: source("home")
        }
    }
}

extension Year {
    /// All of it, in the form of docs/THREATS.md: compared guesses, and refused logins of the
    /// owner.
    static func table() -> [String] {
        let owners = Owner.allCases.map(\.rawValue).joined(separator: " | ")
        var lines = [
            "| strangers guess | \(owners) |",
            "|---|" + String(repeating: "---|", count: Owner.allCases.count),
        ]
        for stranger in Stranger.allCases {
            let cells = Owner.allCases.map { owner in
                var year = Year(stranger, owner)
                year.run()
                return "\(year.guesses), \(year.refused)"
            }
            lines.append("| \(stranger.rawValue) | \(cells.joined(separator: " | ")) |")
        }
        return lines
    }
}
