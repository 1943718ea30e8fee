import Glibc
import OTPCore
import OTPSystem
import Synchronization

/// Tells the admin why nothing can be judged: in a line when that begins, in another each minute while
/// it lasts, and in one when it is over.
final class TroubleLog: Sendable {
    /// How long the same is not told again.
    private static let pause = Duration.seconds(60)
    /// How many are remembered.
    private static let most = 64

    private struct State {
        /// When what was last told.
        var told: [String: ContinuousClock.Instant] = [:]
        var isReady = true
    }
    private let state = Mutex(State())

    /// Notes why something could not be judged.
    func note(_ trouble: StoreError) {
        // It is the same with another number in it, or about somebody else.
        let what = trouble.detail.filter { !$0.isNumber }
        let now = ContinuousClock.now
        let isNew = state.withLock { state -> Bool in
            if let last = state.told[what], now - last < TroubleLog.pause { return false }
            if state.told.count >= TroubleLog.most { state.told = [:] }
            state.told[what] = now
            return true
        }
        if isNew { SystemLog.write(trouble: Judge.sentence(trouble)) }
    }

    /// Notes whether anything can be judged; called once a second.
    func look(at trouble: StoreError?) {
        if let trouble {
            // A thread that has just connected listens for a while, and that is no trouble.
            guard trouble.code != .busy else { return }
            state.withLock { $0.isReady = false }
            note(trouble)
            return
        }
        let isBack = state.withLock { state -> Bool in
            guard !state.isReady else { return false }
            state = State()
            return true
        }
        if isBack { SystemLog.write(LogLine("serving again").bytes, LOG_NOTICE) }
    }
}
