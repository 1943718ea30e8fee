/// Judges the first code of a new authenticator: whether the app has understood what it was
/// shown, and whether its clock is right.
public struct Confirmation {
    /// What is to be confirmed.
    let authenticator: Authenticator
    /// Steps that a login accepts on each side.
    let window: UInt8

    public init(authenticator: Authenticator, window: UInt8) {
        self.authenticator = authenticator
        self.window = window
    }

    /// How many steps on each side are looked at to tell a clock that is off.
    static let reach = 10

    /// A setting that an app may ignore.
    public enum Setting: Equatable, Sendable {
        case algorithm, digits, period
    }

    /// What a code was found to be.
    public enum Verdict: Equatable {
        /// Right. `nextStep` is the first step that may be used after it; `skew` is how many
        /// seconds the app's clock is ahead at least (negative: behind), 0 for nothing to say.
        case right(nextStep: UInt64, skew: Int)
        /// Of the right key, but so many steps off that no login would take it.
        case offClock(steps: Int)
        /// What an app shows that ignores these settings.
        case ignored([Setting])
        /// Of another key, or mistyped.
        case wrong
    }

    /// Judges a code that was typed at `now`.
    public func judge(_ code: UInt32, digits: UInt8, key: Span<UInt8>, at now: UInt64) -> Verdict {
        let current = step(of: authenticator, at: now)
        // From the inside out: where two steps have one code, the nearer one is meant. A counter
        // only ever is ahead.
        let offsets = (0...Confirmation.reach).flatMap { offset in
            offset == 0 || authenticator.kind == .hotp ? [offset] : [-offset, offset]
        }
        if digits == authenticator.digits {
            for offset in offsets where fits(code, authenticator, key, current, offset) {
                let step = current &+ UInt64(bitPattern: Int64(offset))
                if authenticator.kind == .hotp { return .right(nextStep: step + 1, skew: 0) }
                guard offset.magnitude <= UInt(window) else {
                    return .offClock(steps: offset)
                }
                let skew = authenticator.clockSkew(of: offset, at: now, window: window)
                return .right(nextStep: step + 1, skew: skew)
            }
        }
        for settings in Confirmation.groups {
            guard let app = ignoring(settings), app.digits == digits else { continue }
            let current = step(of: app, at: now)
            if offsets.contains(where: { fits(code, app, key, current, $0) }) {
                return .ignored(settings)
            }
        }
        return .wrong
    }

    /// The step of now, or the counter.
    private func step(of app: Authenticator, at now: UInt64) -> UInt64 {
        app.kind == .hotp ? app.nextStep : TOTP.step(at: now, period: app.period)
    }

    /// The ways to ignore settings, the fewest first.
    private static var groups: [[Setting]] {
        [
            [.algorithm], [.digits], [.period], [.algorithm, .digits], [.algorithm, .period],
            [.digits, .period], [.algorithm, .digits, .period],
        ]
    }

    /// The authenticator as an app has it that ignores `settings`; `nil` where one of them has
    /// its default, which cannot be ignored.
    private func ignoring(_ settings: [Setting]) -> Authenticator? {
        var app = authenticator
        for setting in settings {
            switch setting {
            case .algorithm:
                guard app.algorithm != .sha1 else { return nil }
                app.algorithm = .sha1
            case .digits:
                guard app.digits != 6 else { return nil }
                app.digits = 6
            case .period:
                guard app.period != 30 else { return nil }
                app.period = 30
            }
        }
        return app
    }

    private func fits(
        _ code: UInt32, _ app: Authenticator, _ key: Span<UInt8>, _ current: UInt64, _ offset: Int
    ) -> Bool {
        let step = current.addingReportingOverflow(UInt64(bitPattern: Int64(offset))).partialValue
        return code
            == HOTP.code(key: key, factor: step, algorithm: app.algorithm, digits: app.digits)
    }
}
