import FleetNetwork
import Glibc
import OTPCore
import OTPSystem
import Synchronization

/// Tells the admin why nothing can be judged: in a line when that begins, in another each minute
/// while it lasts, and in one when it is over. What one host causes has its limit: somebody who has
/// taken it over must not hide the other lines.
final class TroubleLog: Sendable {
    /// How long the same is not told again.
    private static let pause = Duration.seconds(60)
    /// How many are remembered.
    private static let most = 64
    /// How many lines the calls of one host cause in a minute, and at once.
    private static let mostOfHost = 10.0

    private struct State {
        /// When what was last told.
        var told: [String: ContinuousClock.Instant] = [:]
        var isReady = true
        /// How often something of a host was left out, and since when.
        var omitted: [String: UInt64] = [:]
        var omittedSince: ContinuousClock.Instant?
    }
    private let state = Mutex(State())
    private let lines = HostRates(TroubleLog.mostOfHost / 60, most: TroubleLog.mostOfHost)
    private let write: @Sendable (String) -> Void

    /// `write` gets a sentence for each line, but for that which says that it is over.
    init(_ write: @escaping @Sendable (String) -> Void = { SystemLog.write(trouble: $0) }) {
        self.write = write
    }

    /// Notes why something could not be judged: a call of a host's, if one is named.
    func note(
        _ trouble: StoreError, of host: String? = nil, at now: ContinuousClock.Instant = .now
    ) {
        // It is the same with another number in it, or about somebody else.
        let what = trouble.detail.filter { !$0.isNumber }
        let isNew = state.withLock { state -> Bool in
            if let last = state.told[what], now - last < TroubleLog.pause { return false }
            if let host, !lines.admits(host, at: now) {
                state.omitted[host, default: 0] &+= 1
                state.omittedSince = state.omittedSince ?? now
                return false
            }
            if state.told.count >= TroubleLog.most { state.told = [:] }
            state.told[what] = now
            return true
        }
        if isNew { write(Judge.sentence(trouble)) }
    }

    /// Notes whether anything can be judged; called once a second.
    func look(at trouble: StoreError?, at now: ContinuousClock.Instant = .now) {
        tellOmitted(at: now)
        if let trouble {
            // A thread that has just connected listens for a while, and that is no trouble.
            guard trouble.code != .busy else { return }
            state.withLock { $0.isReady = false }
            note(trouble, at: now)
            return
        }
        let isBack = state.withLock { state -> Bool in
            guard !state.isReady else { return false }
            (state.told, state.isReady) = ([:], true)
            return true
        }
        if isBack { SystemLog.write(LogLine("serving again").bytes, LOG_NOTICE) }
    }

    /// Says of each host how much was left out in the last minute.
    private func tellOmitted(at now: ContinuousClock.Instant) {
        let omitted = state.withLock { state -> [String: UInt64] in
            guard let since = state.omittedSince, now - since >= TroubleLog.pause else {
                return [:]
            }
            defer { (state.omitted, state.omittedSince) = ([:], nil) }
            return state.omitted
        }
        for (host, count) in omitted {
            let who = host.isEmpty ? "hosts that join" : "the host \(host)"
            write("\(who): \(count) more in a minute, which are left out here")
        }
    }
}
