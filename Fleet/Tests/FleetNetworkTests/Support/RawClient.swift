import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

@testable import FleetNetwork

/// A client that sends whatever bytes it is told to, inside TLS or without it.
final class RawClient: Sendable {
    private final class Ear: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer
        let heard = Mutex<[UInt8]>([])

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let bytes = Array(unwrapInboundIn(data).readableBytesView)
            heard.withLock { $0 += bytes }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }
    }

    private let channel: any Channel
    private let ear: Ear
    private let start = ContinuousClock.now

    /// Connects; without `credentials` and `trust` there is no TLS.
    init(port: Int, _ credentials: HostCredentials? = nil, trust: FleetTrust? = nil) async throws {
        let ear = Ear()
        self.ear = ear
        let tls = try credentials?.configuration() ?? trust?.clientConfiguration()
        let context = try tls.map { try NIOSSLContext(configuration: $0) }
        channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: false)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let context {
                        try channel.pipeline.syncOperations.addHandler(
                            NIOSSLClientHandler(context: context, serverHostname: nil))
                    }
                    try channel.pipeline.syncOperations.addHandler(ear)
                }
            }.connect(host: "127.0.0.1", port: port).get()
    }

    func send(_ text: String) async throws {
        try await channel.writeAndFlush(ByteBuffer(string: text))
    }

    /// Sends the end of its bytes, and reads on.
    func sendEnd() async throws { try await channel.close(mode: .output) }

    /// What was heard so far.
    var heard: String { String(decoding: ear.heard.withLock { $0 }, as: UTF8.self) }

    /// Whether the server has not closed the connection.
    var isOpen: Bool { channel.isActive }

    /// Waits until the server closes the connection, for 20 s at most; how long it took.
    func closed() async -> Duration? {
        let isClosed = await eventually { !self.isOpen }
        return isClosed ? .now - start : nil
    }

    func close() async { try? await channel.close() }
}
