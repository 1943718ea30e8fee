import NIOCore
import NIOSSL
import NIOTLS
import SwiftASN1
import X509

/// Stands right behind TLS: notes who is connected, and closes connections of clients that are
/// slow, idle, or only half there.
final class ConnectionGuard: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private enum Phase { case handshake, idle, receiving, answering }

    private let peer: ConnectionPeer
    private let authorities: HostAuthorities
    private let settings: ServerSettings
    private let log: RefusalLog
    private let connections: OpenConnections
    private var phase = Phase.handshake
    /// Whether it is counted as a host's.
    private var isHosts = false
    private var alarm: Scheduled<Void>?

    init(
        _ peer: ConnectionPeer, of authorities: HostAuthorities, _ settings: ServerSettings,
        _ log: RefusalLog, _ connections: OpenConnections
    ) {
        (self.peer, self.authorities, self.settings) = (peer, authorities, settings)
        (self.log, self.connections) = (log, connections)
    }

    func handlerAdded(context: ChannelHandlerContext) { begin(.handshake, context) }

    func handlerRemoved(context: ChannelHandlerContext) { alarm?.cancel() }

    func channelInactive(context: ChannelHandlerContext) {
        alarm?.cancel()
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted? = event as? TLSUserEvent {
            peer.presented = presented(context)
            if case .other(let why) = peer.presented { note(why, context) }
            if case .host(let identity) = peer.presented {
                name(identity, as: identity.claimed, context)
            }
            if isStranger, connections.count > settings.connections / 4 * 3 {
                note("the last connections are kept for hosts", context)
                context.close(promise: nil)
            }
            begin(.idle, context)
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if phase == .handshake, let why = TLSTrouble.atServer(error) { note(why, context) }
        context.fireErrorCaught(error)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if phase == .idle { begin(.receiving, context) }
        context.fireChannelRead(data)
    }

    // MARK: Called by RequestWatch

    /// A request has begun. Its first bytes may have come with the end of the one before.
    func requestBegan(_ context: ChannelHandlerContext) {
        if phase == .idle { begin(.receiving, context) }
    }

    /// A request is complete.
    func requestEnded(_ context: ChannelHandlerContext) { begin(.answering, context) }

    /// The answer is sent.
    func answered(_ context: ChannelHandlerContext) {
        if peer.isRefused { return context.close(promise: nil) }
        if peer.isAccepted, !isHosts, case .host(let identity) = peer.presented {
            name(identity, as: identity.counted, context)
        }
        if phase == .answering { begin(.idle, context) }
    }

    // MARK: -

    private func note(_ why: String, _ context: ChannelHandlerContext) {
        log.note(context.channel.remoteAddress?.ipAddress ?? "somebody", why)
    }

    /// Counts the connection as a host's, or as that of a certificate for its name; closes it if there
    /// are too many.
    private func name(
        _ identity: HostIdentity, as name: String, _ context: ChannelHandlerContext
    ) {
        isHosts = name == identity.counted
        guard !connections.name(context.channel, name, isHosts: isHosts) else { return }
        note("the host \(identity.host) has too many connections", context)
        context.close(promise: nil)
    }

    private func begin(_ phase: Phase, _ context: ChannelHandlerContext) {
        self.phase = phase
        alarm?.cancel()
        let channel = context.channel
        alarm = context.eventLoop.scheduleTask(in: limit(of: phase)) { channel.close(promise: nil) }
    }

    private func limit(of phase: Phase) -> TimeAmount {
        switch phase {
        case .handshake: return settings.handshake
        case .receiving: return settings.request
        case .answering: return settings.answer
        case .idle: return isHosts ? settings.idle : settings.strangerIdle
        }
    }

    private var isStranger: Bool {
        if case .host = peer.presented { return false }
        return true
    }

    /// The certificate was verified by TLS, if there is one.
    private func presented(_ context: ChannelHandlerContext) -> ConnectionPeer.Presented {
        do {
            guard let shown = try context.pipeline.syncOperations.nioSSL_peerCertificate() else {
                return .nobody
            }
            let certificate = try Certificate(derEncoded: try shown.toDERBytes())
            return .host(try authorities.identity(verified: certificate))
        } catch let problem as FleetProblem {
            return .other(problem.text)
        } catch {
            return .other("the certificate cannot be read")
        }
    }
}
