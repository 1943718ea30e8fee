import Synchronization

/// Holds back lines of the log that anybody can cause, thousands a second, by connecting: what others
/// do would be hard to find among them, or be left out by a log that has a limit of its own.
enum Noise {
    /// How many there may be in a minute, of all users together.
    static let perMinute = 60

    private struct State {
        var start = ContinuousClock.now
        var count = 0
    }

    private static let state = Mutex(State())

    enum Verdict {
        case written
        /// The first one that is left out.
        case full
        case leftOut
    }

    /// What becomes of one more.
    static func another() -> Verdict {
        state.withLock { state in
            if ContinuousClock.now - state.start >= .seconds(60) { state = State() }
            state.count = min(state.count + 1, perMinute + 2)
            switch state.count {
            case ...perMinute: return .written
            case perMinute + 1: return .full
            default: return .leftOut
            }
        }
    }
}
