import NIOConcurrencyHelpers
import NIOCore

/// The connections that are open, to close them all when the server ends.
final class OpenConnections: Sendable {
    private struct State {
        var channels: [ObjectIdentifier: any Channel] = [:]
        var isClosing = false
    }

    private let state = NIOLockedValueBox(State())

    /// Notes a connection until it is closed.
    func add(_ channel: any Channel) {
        let id = ObjectIdentifier(channel)
        let isClosing = state.withLockedValue { state in
            state.channels[id] = channel
            return state.isClosing
        }
        channel.closeFuture.whenComplete { _ in
            self.state.withLockedValue { _ = $0.channels.removeValue(forKey: id) }
        }
        if isClosing { channel.close(promise: nil) }
    }

    /// How many are open.
    var count: Int { state.withLockedValue { $0.channels.count } }

    /// Closes all that are open, and those that come later.
    func closeAll() {
        let channels = state.withLockedValue { state in
            state.isClosing = true
            return Array(state.channels.values)
        }
        for channel in channels { channel.close(promise: nil) }
    }
}
