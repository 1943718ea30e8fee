import HTTPTypes
import HummingbirdCore
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import NIOSSL
import ServiceLifecycle

/// The server of a fleet: HTTPS with TLS 1.3, and hosts' certificates.
public final class FleetServer: Sendable {
    private let settings: ServerSettings
    private let authorities: HostAuthorities
    private let context: NIOLockedValueBox<NIOSSLContext>
    private let responder: FleetResponder
    private let moreMetrics: @Sendable () async -> String
    private let group: any EventLoopGroup
    private let logger: Logger
    private let running = NIOLockedValueBox<[Listening]>([])

    private let connections: OpenConnections
    private let log: RefusalLog

    /// One of the two sockets.
    private struct Listening: Sendable {
        let task: Task<Void, any Error>
        let shutdown: @Sendable () async throws -> Void
    }

    /// A server that answers hosts of `trust`, and of `site` if there is one, by `service`.
    /// `moreMetrics` gives lines that are added to the metrics; `log` gets a sentence about whoever
    /// is not served, at most one a second.
    ///
    /// Throws if its key or a certificate cannot be used.
    public init(
        settings: ServerSettings, identity: ServerIdentity, trust: FleetTrust,
        site: SiteAuthority? = nil, service: any FleetService,
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
        moreMetrics: @escaping @Sendable () async -> String = { "" },
        log: @escaping @Sendable (String) -> Void = { _ in }
    ) throws(FleetProblem) {
        self.settings = settings
        authorities = HostAuthorities(fleet: trust, site: site)
        context = NIOLockedValueBox(try FleetServer.context(identity, authorities))
        let metrics = FleetMetrics()
        metrics.note(serverEnd: identity.end, authorityEnd: trust.end)
        connections = OpenConnections(
            host: settings.hostConnections, stranger: settings.strangerConnections)
        // What a host asks for costs the database a row or more, whatever it is.
        let rate = Double(settings.hostRate)
        responder = FleetResponder(
            service: service, metrics: metrics, rates: HostRates(rate, most: rate * 10))
        self.moreMetrics = moreMetrics
        self.group = group
        self.log = RefusalLog(log)
        var logger = Logger(label: "swiftotp-server")
        logger.logLevel = .critical
        self.logger = logger
    }

    /// Begins to listen. Returns the ports of hosts and of the metrics.
    ///
    /// Throws if it cannot listen there.
    public func start() async throws(FleetProblem) -> (port: Int, metricsPort: Int?) {
        let channel = FleetChannel(
            context: context, authorities: authorities, settings: settings,
            responder: responder, connections: connections, log: log)
        let port = try await listen(
            channel, on: settings.address, settings.port, upTo: settings.connections)
        guard let wanted = settings.metricsPort else { return (port, nil) }
        let (metrics, open, more) = (responder.metrics, connections, moreMetrics)
        let page = HTTP1Channel(
            responder: { request, writer, _ in
                let isPage = request.method == .get && request.head.path == "/metrics"
                let text =
                    isPage ? metrics.text(hosts: open.hosts) + (await more()) : "see /metrics\n"
                let response = Response(
                    status: isPage ? .ok : .notFound,
                    headers: [.contentType: "text/plain; version=0.0.4"],
                    body: .init(byteBuffer: ByteBuffer(string: text)))
                try await writer.write(response: response.head, body: response.body)
            }, configuration: .init(idleTimeout: settings.idle))
        return (port, try await listen(page, on: "127.0.0.1", wanted, upTo: 16))
    }

    /// Uses another key and certificate for connections from now on.
    public func replace(identity: ServerIdentity) throws(FleetProblem) {
        let new = try FleetServer.context(identity, authorities)
        context.withLockedValue { $0 = new }
        responder.metrics.note(serverEnd: identity.end, authorityEnd: authorities.fleet.end)
    }

    /// Stops to listen, and closes all connections: at once those that wait for nothing, and the
    /// others when they are answered, or when `patience` is over. Returns when all are closed.
    public func stop(within patience: Duration = .seconds(5)) async {
        let all = running.withLockedValue { running in
            defer { running = [] }
            return running
        }
        let connections = connections
        let late = Task {
            try await Task.sleep(for: patience)
            connections.closeAll()
        }
        // Not by cancelling it: a connection that was accepted a moment ago must be served first.
        for one in all { try? await one.shutdown() }
        for one in all { _ = await one.task.result }
        late.cancel()
    }

    /// Waits until the server is stopped, or fails.
    public func wait() async throws(FleetProblem) {
        let tasks = running.withLockedValue { $0.map(\.task) }
        for task in tasks {
            if case .failure(let error) = await task.result { throw FleetProblem("\(error)") }
        }
    }

    private func listen(
        _ channel: some ServerChildChannel, on address: String, _ port: Int, upTo limit: Int
    ) async throws(FleetProblem) -> Int {
        let promise = group.next().makePromise(of: (any Channel).self)
        let server = Server(
            childChannelSetup: channel,
            configuration: ServerConfiguration(
                address: .hostname(address, port: port), backlog: 1024,
                availableConnectionsDelegate: MaximumAvailableConnections(limit, logger: logger)),
            onServerRunning: { promise.succeed($0) }, eventLoopGroup: group, logger: logger)
        let task = Task {
            do {
                try await server.run()
            } catch {
                promise.fail(error)
                throw error
            }
            promise.fail(CancellationError())
        }
        do {
            let listening = try await promise.futureResult.get()
            running.withLockedValue {
                $0.append(Listening(task: task) { try await server.shutdownGracefully() })
            }
            return listening.localAddress?.port ?? port
        } catch {
            let why = (error as? IOError).map { PrivateFile.reason($0.errnoCode) } ?? "\(error)"
            throw FleetProblem("cannot listen on \(address) port \(port): \(why)")
        }
    }

    private static func context(
        _ identity: ServerIdentity, _ authorities: HostAuthorities
    ) throws(FleetProblem) -> NIOSSLContext {
        let configuration = try identity.configuration(trusting: authorities)
        return try working("TLS cannot be set up") {
            try NIOSSLContext(configuration: configuration)
        }
    }
}
