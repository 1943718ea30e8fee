/// Checks the first code of a new authenticator: did the app understand what it was shown, and is
/// its clock right?
public struct Confirmation {
    /// The authenticator to confirm.
    let authenticator: Authenticator
    /// Steps that a login accepts on each side.
    let window: UInt8

    public init(authenticator: Authenticator, window: UInt8) {
        self.authenticator = authenticator
        self.window = window
    }

    /// How many steps on each side are checked, to tell when a clock is off.
    static let reach = 10

    /// A setting that an app may ignore.
    public enum Setting: Equatable, Sendable {
        case algorithm, digits, period
    }

    /// The result for a code.
    public enum Verdict: Equatable {
        /// Right. `nextStep` is the first step that may be used after it. `skew` is at least how
        /// many seconds the app's clock is ahead (negative: behind); 0 if there is nothing to
        /// report.
        case right(nextStep: UInt64, skew: Int)
        /// Of the right key, but this many steps off, which no login would accept.
        case offClock(steps: Int)
        /// What an app shows that ignores these settings.
        case ignored([Setting])
        /// Of another key, or mistyped.
        case wrong
    }

    /// Checks a code that was typed at `now`.
    public func judge(_ code: UInt32, digits: UInt8, key: Span<UInt8>, at now: UInt64) -> Verdict {
        let current = step(of: authenticator, at: now)
        // From the inside out: if two steps have the same code, the nearer one is meant. A counter
        // is only ever ahead.
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

    /// The current step, or the counter.
    private func step(of app: Authenticator, at now: UInt64) -> UInt64 {
        app.kind == .hotp ? app.nextStep : TOTP.step(at: now, period: app.period)
    }

    /// The combinations of ignored settings, the smallest first.
    private static var groups: [[Setting]] {
        [
            [.algorithm], [.digits], [.period], [.algorithm, .digits], [.algorithm, .period],
            [.digits, .period], [.algorithm, .digits, .period],
        ]
    }

    /// The authenticator as seen by an app that ignores `settings`; `nil` if one of them has its
    /// default value, which cannot be ignored.
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
