import Synchronization

/// Limits log lines that users can cause by the thousand, with programs of their own: they would
/// hide other lines, and fill a disk.
enum Noise {
    /// How many lines a user may cause per minute.
    static let perMinute = 60

    /// The lines of this minute, by user.
    struct State {
        var start = ContinuousClock.now
        var counts: [UInt32: Int] = [:]
    }

    static let state = Mutex(State())

    enum Verdict {
        case written
        /// The first one that is left out.
        case full
        case leftOut
    }

    /// What to do with one more line that `user` causes.
    static func another(of user: UInt32) -> Verdict {
        state.withLock { state in
            if ContinuousClock.now - state.start >= .seconds(60) { state = State() }
            let count = min(state.counts[user, default: 0] + 1, perMinute + 2)
            state.counts[user] = count
            switch count {
            case ...perMinute: return .written
            case perMinute + 1: return .full
            default: return .leftOut
            }
        }
    }
}
