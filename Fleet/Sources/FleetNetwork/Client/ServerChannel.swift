import AsyncHTTPClient
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// Sends single requests to servers, on connections that are kept.
final class ServerChannel: Sendable {
    /// What a server answered.
    struct Reply: Sendable {
        let status: UInt
        let receipt: String?
        let body: [UInt8]

        /// The sentence of an answer that is a refusal.
        var sentence: String {
            WireFormat.decoded(WireFormat.ErrorBody.self, body)?.error ?? "status \(status)"
        }
    }

    /// Why there is no answer.
    enum Silence: Error {
        /// Nothing was sent.
        case notReached(String)
        /// The connection ended before the answer.
        case ended(String)
        /// The time was over.
        case timedOut

        /// In a clause.
        var text: String {
            switch self {
            case .notReached(let why), .ended(let why): why
            case .timedOut: "no answer in time"
            }
        }
    }

    private let client: HTTPClient

    init(group: any EventLoopGroup) {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.timeout = .init(connect: .milliseconds(1500))
        configuration.httpVersion = .http1Only
        configuration.connectionPool.idleTimeout = .seconds(30)
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 8
        configuration.connectionPool.retryConnectionEstablishment = false
        client = HTTPClient(eventLoopGroup: group, configuration: configuration)
    }

    /// The library ends a debug build whose client is not shut down.
    deinit { client.shutdown { _ in } }

    /// Ends all connections. No request may follow.
    func shutdown() async { try? await client.shutdown() }

    /// Sends a request, and waits for the whole answer until `deadline`.
    func send(
        _ method: HTTPMethod, _ path: String, to server: ServerURL, _ tls: TLSConfiguration,
        fields: [(String, String)] = [], body: [UInt8] = [], until deadline: NIODeadline
    ) async throws(Silence) -> Reply {
        var request = HTTPClientRequest(url: server.description + path)
        request.method = method
        request.tlsConfiguration = tls
        for (name, value) in fields { request.headers.add(name: name, value: value) }
        if !body.isEmpty {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: body))
        }
        do {
            let response = try await client.execute(request, deadline: deadline)
            let body = try await response.body.collect(upTo: 2 * WireFormat.longestCall)
            let receipts = response.headers[WireFormat.receiptField]
            return Reply(
                status: response.status.code,
                receipt: receipts.count == 1 ? receipts.first.flatMap(WireFormat.receipt) : nil,
                body: Array(body.readableBytesView))
        } catch {
            throw ServerChannel.silence(error, deadline)
        }
    }

    /// What an error of the library means.
    static func silence(_ error: any Error, _ deadline: NIODeadline) -> Silence {
        if let why = TLSTrouble.atClient(error) { return .notReached(why) }
        switch error {
        case let error as NIOConnectionError: return .notReached(text(of: error))
        case let error as IOError where isBeforeSending(error):
            return .notReached(PrivateFile.reason(error.errnoCode))
        case let error as HTTPClientError where error == .connectTimeout:
            return .notReached("it does not answer")
        case let error as HTTPClientError where error == .deadlineExceeded: return .timedOut
        default:
            return NIODeadline.now() >= deadline
                ? .timedOut : .ended("the connection ended without an answer")
        }
    }

    /// Whether the error is one of connecting: nothing was sent.
    private static func isBeforeSending(_ error: IOError) -> Bool {
        [ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, EADDRNOTAVAIL, ENETDOWN, EHOSTDOWN].contains(
            error.errnoCode)
    }

    private static func text(of error: NIOConnectionError) -> String {
        if let first = error.connectionErrors.first?.error as? IOError {
            return PrivateFile.reason(first.errnoCode)
        }
        return error.connectionErrors.isEmpty ? "its name is not known" : "it does not answer"
    }
}
