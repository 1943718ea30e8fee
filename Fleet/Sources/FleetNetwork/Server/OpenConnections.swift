import NIOConcurrencyHelpers
import NIOCore

/// The connections that are open: to close them all when the server ends, and to keep one host, or
/// one address without a certificate, from taking all of them.
final class OpenConnections: Sendable {
    /// Who is at the other end, as far as that is known.
    private enum Owner: Hashable {
        case address(String)
        /// A certificate for a host's name, which may not be the host's own.
        case claim(String)
        case host(String)
    }

    private struct State {
        var channels: [ObjectIdentifier: (channel: any Channel, owner: Owner)] = [:]
        var counts: [Owner: Int] = [:]
        var isClosing = false

        mutating func count(_ owner: Owner, by step: Int) {
            let count = (counts[owner] ?? 0) + step
            counts[owner] = count == 0 ? nil : count
        }
    }

    private let state = NIOLockedValueBox(State())
    private let mostOfHost: Int
    private let mostOfStranger: Int

    /// At most so many of one host, and of one address that has not shown a host's certificate.
    init(host: Int, stranger: Int) { (mostOfHost, mostOfStranger) = (host, stranger) }

    /// Notes a connection until it is closed; closes it at once if its address has too many that
    /// have shown no certificate.
    func add(_ channel: any Channel) {
        let id = ObjectIdentifier(channel)
        let owner = Owner.address(channel.remoteAddress?.ipAddress ?? "")
        let isRefused = state.withLockedValue { state in
            state.channels[id] = (channel, owner)
            state.count(owner, by: 1)
            return state.isClosing || (state.counts[owner] ?? 0) > mostOfStranger
        }
        channel.closeFuture.whenComplete { _ in
            self.state.withLockedValue { state in
                guard let closed = state.channels.removeValue(forKey: id) else { return }
                state.count(closed.owner, by: -1)
            }
        }
        if isRefused { channel.close(promise: nil) }
    }

    /// Notes that a connection is a host's, or says so; whether that host may have it.
    func name(_ channel: any Channel, _ host: String, isHosts: Bool) -> Bool {
        let id = ObjectIdentifier(channel)
        return state.withLockedValue { state in
            guard let known = state.channels[id] else { return false }
            let owner: Owner = isHosts ? .host(host) : .claim(host)
            state.count(known.owner, by: -1)
            state.count(owner, by: 1)
            state.channels[id] = (channel, owner)
            return (state.counts[owner] ?? 0) <= mostOfHost
        }
    }

    /// How many are open.
    var count: Int { state.withLockedValue { $0.channels.count } }

    /// How many hosts have one.
    var hosts: Int {
        state.withLockedValue { state in
            state.counts.keys.count { owner in
                if case .host = owner { true } else { false }
            }
        }
    }

    /// Closes all that are open, and those that come later.
    func closeAll() {
        let channels = state.withLockedValue { state in
            state.isClosing = true
            return state.channels.values.map(\.channel)
        }
        for channel in channels { channel.close(promise: nil) }
    }
}
