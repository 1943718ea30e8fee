import HTTPTypes
import HummingbirdCore
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOSSL

/// Sets up a connection: TLS, the guard, HTTP/1.1; and answers its requests one after the other.
struct FleetChannel: ServerChildChannel {
    /// A connection, and who is at its other end.
    struct Value: ServerChildChannelValue {
        let http: HTTP1Channel.Value
        let peer: ConnectionPeer
        var channel: any Channel { http.channel }
    }

    let context: NIOLockedValueBox<NIOSSLContext>
    let authorities: HostAuthorities
    let settings: ServerSettings
    let responder: FleetResponder
    let connections: OpenConnections
    let log: RefusalLog

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        let peer = ConnectionPeer()
        connections.add(channel)
        return channel.eventLoop.makeCompletedFuture {
            let context = context.withLockedValue { $0 }
            try channel.pipeline.syncOperations.addHandlers([
                NIOSSLServerHandler(context: context),
                ConnectionGuard(peer, of: authorities, settings, log, connections),
            ])
        }.flatMap {
            http { _, writer, _ in
                try await writer.writeResponse(.init(status: .internalServerError))
            }
            .setup(channel: channel, logger: logger)
        }.map { Value(http: $0, peer: peer) }
    }

    func handle(value: Value, logger: Logger) async {
        let (responder, peer) = (responder, value.peer)
        await http { request, writer, _ in
            let response = await responder.respond(to: request, from: peer)
            try await writer.write(response: response.head, body: response.body)
        }.handle(value: value.http, logger: logger)
    }

    private func http(_ responder: @escaping HTTP1Channel.Responder) -> HTTP1Channel {
        HTTP1Channel(
            responder: responder,
            configuration: .init(
                additionalChannelHandlers: [RequestWatch()],
                httpDecoderConfiguration: .init(
                    maxHeaderFieldSize: 4096, maxHeaderListSize: 8192, maxHeaderFieldCount: 50)))
    }
}
