import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS

/// What a server answered.
struct Answer {
    let status: Int
    let head: String
    let body: [UInt8]
    /// Whether the server closes the connection.
    let isLast: Bool

    /// The value of a field of the head.
    func field(_ name: String) -> String? { Answer.field(name, in: head) }

    static func field(_ name: String, in head: String) -> String? {
        let start = name.lowercased() + ":"
        for line in head.split(separator: "\r\n") where line.lowercased().hasPrefix(start) {
            return String(line.dropFirst(start.count).drop { $0 == " " })
        }
        return nil
    }
}

/// One connection that sends a request at a time. Everything about it happens on its event loop;
/// it takes as little of the processor as it can, because the servers need it.
final class Connection: ChannelInboundHandler, @unchecked Sendable {
    typealias InboundIn = ByteBuffer

    /// Called once, when it can be written to, or with what came between.
    var opened: ((String?) -> Void)?
    /// Called with each answer; `nil` if the connection ended without one.
    var answered: ((Answer?) -> Void)?

    private var context: ChannelHandlerContext?
    private var received = ByteBuffer()
    private var waits = false
    private let isTLS: Bool

    private init(isTLS: Bool) { self.isTLS = isTLS }

    /// Connects; `tls` is `nil` for a connection in clear.
    static func open(
        _ port: Int, _ tls: NIOSSLContext?, on loop: any EventLoop,
        _ opened: @escaping (String?) -> Void
    ) -> Connection {
        let connection = Connection(isTLS: tls != nil)
        connection.opened = opened
        ClientBootstrap(group: loop).channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        try channel.pipeline.syncOperations.addHandler(
                            NIOSSLClientHandler(context: tls, serverHostname: nil))
                    }
                    try channel.pipeline.syncOperations.addHandler(connection)
                }
            }
            .connect(host: "127.0.0.1", port: port).whenFailure { error in
                connection.end("no connection: \(error)")
            }
        return connection
    }

    func send(_ bytes: [UInt8]) {
        guard let context else {
            answered?(nil)
            return
        }
        waits = true
        context.writeAndFlush(NIOAny(context.channel.allocator.buffer(bytes: bytes)), promise: nil)
    }

    func close() {
        (opened, answered) = (nil, nil)
        context?.close(promise: nil)
    }

    // MARK: ChannelInboundHandler

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelActive(context: ChannelHandlerContext) {
        if !isTLS { begin() }
        context.fireChannelActive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted? = event as? TLSUserEvent { begin() }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) { end("the connection ended") }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        end("\(error)")
        context.close(promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var part = unwrapInboundIn(data)
        received.writeBuffer(&part)
        guard waits, let answer = take() else { return }
        waits = false
        answered?(answer)
    }

    private func begin() {
        let opened = self.opened
        self.opened = nil
        opened?(nil)
    }

    private func end(_ why: String) {
        self.context = nil
        if let opened {
            self.opened = nil
            opened(why)
        } else if let answered {
            self.answered = nil
            answered(nil)
        }
    }

    /// The answer, once it is complete.
    private func take() -> Answer? {
        let view = received.readableBytesView
        guard let end = view.firstRange(of: [13, 10, 13, 10]) else { return nil }
        let head = String(decoding: view[..<end.lowerBound], as: UTF8.self)
        let length = Answer.field("Content-Length", in: head).flatMap { Int($0) } ?? 0
        guard view[end.upperBound...].count >= length else { return nil }
        let status = head.split(separator: " ", maxSplits: 2).dropFirst().first.flatMap { Int($0) }
        let isLast = Answer.field("Connection", in: head)?.lowercased() == "close"
        let body = Array(view[end.upperBound...].prefix(length))
        received.clear()
        return Answer(status: status ?? 0, head: head, body: body, isLast: isLast)
    }
}
