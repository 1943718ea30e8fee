import NIOConcurrencyHelpers

/// Tells the admin whom the server does not serve, at most once a second: anybody in the network can
/// cause such lines.
final class RefusalLog: Sendable {
    private static let pause = Duration.seconds(1)

    private struct State {
        var last: ContinuousClock.Instant?
        /// How many lines were left out since then.
        var omitted: UInt64 = 0
    }

    private let state = NIOLockedValueBox(State())
    private let write: @Sendable (String) -> Void

    init(_ write: @escaping @Sendable (String) -> Void) { self.write = write }

    /// Notes that somebody at `address` is not served.
    func note(_ address: String, _ why: String) {
        let omitted: UInt64? = state.withLockedValue { state in
            let now = ContinuousClock.now
            if let last = state.last, last.duration(to: now) < RefusalLog.pause {
                state.omitted &+= 1
                return nil
            }
            defer { (state.last, state.omitted) = (now, 0) }
            return state.omitted
        }
        guard let omitted else { return }
        let more = omitted == 0 ? "" : " (and \(omitted) more before)"
        write("\(address) is not served: \(why)\(more)")
    }
}
