import NIOCore
import NIOHTTPTypes

/// Stands behind HTTP, and tells `ConnectionGuard` where requests begin and end.
final class RequestWatch: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private var guardian: ConnectionGuard?

    func handlerAdded(context: ChannelHandlerContext) {
        guardian = try? context.pipeline.syncOperations.handler(type: ConnectionGuard.self)
    }

    func handlerRemoved(context: ChannelHandlerContext) { guardian = nil }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head: guardian?.requestBegan(context)
        case .body: break
        case .end: guardian?.requestEnded(context)
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .end = unwrapOutboundIn(data), let guardian else {
            context.write(data, promise: promise)
            return
        }
        let sent = promise ?? context.eventLoop.makePromise()
        let bound = NIOLoopBound((guardian, context), eventLoop: context.eventLoop)
        sent.futureResult.whenSuccess {
            let (guardian, context) = bound.value
            guardian.answered(context)
        }
        context.write(data, promise: sent)
    }
}
