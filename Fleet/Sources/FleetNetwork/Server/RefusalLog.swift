import NIOConcurrencyHelpers

/// Tells the admin whom the server does not serve, at most once a second, and of one address ten
/// times a minute: anybody in the network can cause such lines.
final class RefusalLog: Sendable {
    private static let pause = Duration.seconds(1)
    /// How many lines there are of an address in a minute, and at once.
    private static let mostOfAddress = 10.0

    private struct State {
        var last: ContinuousClock.Instant?
        /// How many lines were left out since then.
        var omitted: UInt64 = 0
    }

    private let state = NIOLockedValueBox(State())
    private let lines = HostRates(
        RefusalLog.mostOfAddress / 60, most: RefusalLog.mostOfAddress)
    private let write: @Sendable (String) -> Void

    init(_ write: @escaping @Sendable (String) -> Void) { self.write = write }

    /// Notes that somebody at `address` is not served.
    func note(_ address: String, _ why: String, at now: ContinuousClock.Instant = .now) {
        let omitted: UInt64? = state.withLockedValue { state in
            let isEarly = state.last.map { $0.duration(to: now) < RefusalLog.pause } ?? false
            guard !isEarly, lines.admits(address, at: now) else {
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
