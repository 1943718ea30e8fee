import FoundationEssentials
import HTTPTypes
import HummingbirdCore
import NIOCore

/// Takes requests apart, asks the service, and puts answers together.
struct FleetResponder: Sendable {
    let service: any FleetService
    let metrics: FleetMetrics
    let rates: HostRates

    private enum Route: String {
        case call, ping, join, renew
        /// None of them.
        case none
    }

    /// Answers a request of whoever is connected; the connection of one who may not ask ends.
    func respond(to request: Request, from peer: ConnectionPeer) async -> Response {
        let start = ContinuousClock.now
        var (route, response) = await routed(request, peer.presented)
        metrics.count(
            route: route.rawValue, status: response.status.code, took: .now - start)
        if [.unauthorized, .forbidden].contains(response.status) {
            response.headers[.connection] = "close"
            peer.isRefused = true
        }
        if response.status == .ok, [.call, .ping].contains(route) { peer.isAccepted = true }
        return response
    }

    private func routed(
        _ request: Request, _ peer: ConnectionPeer.Presented
    ) async -> (Route, Response) {
        switch (request.method, request.head.path) {
        case (.post, WireFormat.callPath): (.call, await call(request, peer))
        case (.get, WireFormat.pingPath): (.ping, await ping(request, peer))
        case (.post, WireFormat.joinPath): (.join, await join(request, peer))
        case (.post, WireFormat.renewPath): (.renew, await renew(request, peer))
        default: (.none, failure(.notFound, "there is nothing of this name"))
        }
    }

    // MARK: Routes

    private func call(_ request: Request, _ peer: ConnectionPeer.Presented) async -> Response {
        let fields = request.headers
        let host: HostIdentity
        switch named(peer) {
        case .success(let name): host = name
        case .failure(let problem): return failure(.unauthorized, problem.text)
        }
        guard let id = fields.only(WireFormat.requestField).flatMap(WireFormat.id),
            let within = fields.only(WireFormat.withinField).flatMap(WireFormat.within)
        else { return failure(.badRequest, "the request has no id, or no time") }
        guard mayCall(host) else { return tooOften }
        var receipt: String?
        if fields.has(WireFormat.receiptField) {
            receipt = fields.only(WireFormat.receiptField).flatMap(WireFormat.receipt)
            guard receipt != nil else { return failure(.badRequest, "the receipt is malformed") }
        }
        guard let body = await body(of: request, upTo: WireFormat.longestCall) else {
            return failure(.contentTooLarge, "the request is too long")
        }
        let call = HostCall(
            host: host.host.text, proof: host.proof, request: id, within: within,
            receipt: receipt, body: body)
        switch await service.answer(call) {
        case .answered(let body, let receipt):
            noteCall(of: host)
            return response(.ok, body, receipt: receipt)
        case .refused(let why): return failure(.forbidden, why)
        case .overBudget:
            noteCall(of: host)
            return failure(
                .tooManyRequests, "the host has had too many failures or refused commands")
        case .unavailable(let why): return failure(.serviceUnavailable, why)
        case .malformed: return failure(.badRequest, "the request is not understood")
        }
    }

    private func ping(_ request: Request, _ peer: ConnectionPeer.Presented) async -> Response {
        let fields = request.headers
        let receipt = fields.only(WireFormat.receiptField).flatMap(WireFormat.receipt)
        switch named(peer) {
        case .failure(let problem): return failure(.unauthorized, problem.text)
        case .success(let host):
            let answer = await service.ping(
                host: host.host.text, proof: host.proof, receipt: receipt)
            if let refusal = answer.refusal { return failure(.forbidden, refusal) }
            let body =
                answer.problem.map(WireFormat.error)
                ?? WireFormat.encoded(WireFormat.PingBody(ready: true))
            return response(
                answer.problem == nil ? .ok : .serviceUnavailable, body, receipt: answer.receipt)
        }
    }

    private func join(_ request: Request, _ peer: ConnectionPeer.Presented) async -> Response {
        guard let bytes = await body(of: request, upTo: WireFormat.longestOther) else {
            return failure(.contentTooLarge, "the request is too long")
        }
        guard let body = WireFormat.decoded(WireFormat.JoinBody.self, bytes),
            let secret = WireFormat.id(body.secret)
        else { return failure(.badRequest, "the request is not understood") }
        guard let wanted = body.request else { return await joinSite(secret, peer) }
        return certificate(await service.join(JoinRequest(secret: secret, request: wanted)))
    }

    /// Who asks for no certificate must have shown one of the site's.
    private func joinSite(
        _ secret: [UInt8], _ peer: ConnectionPeer.Presented
    ) async -> Response {
        switch named(peer) {
        case .failure(let problem): return failure(.unauthorized, problem.text)
        case .success(let host):
            guard case .site(let start) = host.proof else {
                return failure(.forbidden, "a certificate of the site's authority is needed")
            }
            return certificate(
                await service.joinSite(host: host.host.text, start: start, secret: secret))
        }
    }

    private func renew(_ request: Request, _ peer: ConnectionPeer.Presented) async -> Response {
        let host: HostIdentity
        switch named(peer) {
        case .success(let name): host = name
        case .failure(let problem): return failure(.unauthorized, problem.text)
        }
        guard case .fleet(let generation) = host.proof else {
            return failure(.forbidden, "the site renews its own certificates")
        }
        guard rates.admits(host.counted) else { return tooOften }
        guard let bytes = await body(of: request, upTo: WireFormat.longestOther) else {
            return failure(.contentTooLarge, "the request is too long")
        }
        guard let body = WireFormat.decoded(WireFormat.RenewBody.self, bytes) else {
            return failure(.badRequest, "the request is not understood")
        }
        return certificate(
            await service.renew(
                host: host.host.text, generation: generation, request: body.request))
    }

    // MARK: Rates

    /// Whether a call may be answered, by what the certificate and its host have asked lately.
    private func mayCall(_ host: HostIdentity) -> Bool {
        (host.claimed == host.counted || rates.hasLeft(host.counted)) && rates.admits(host.claimed)
    }

    /// Counts a call of a host's, once it is known to be one.
    private func noteCall(of host: HostIdentity) {
        if host.claimed != host.counted { _ = rates.admits(host.counted) }
    }

    // MARK: Parts

    private var tooOften: Response { failure(.tooManyRequests, "the host asks too often") }

    /// The host. A connection may be older than its certificate's end.
    private func named(_ peer: ConnectionPeer.Presented) -> Result<HostIdentity, FleetProblem> {
        switch peer {
        case .nobody: .failure(FleetProblem("a certificate of a host is needed"))
        case .other(let why): .failure(FleetProblem(why))
        case .host(let identity):
            identity.isCurrent(at: Date())
                ? .success(identity)
                : .failure(FleetProblem("the host's certificate has ended"))
        }
    }

    private func body(of request: Request, upTo limit: Int) async -> [UInt8]? {
        if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > limit {
            return nil
        }
        return try? await Array(request.body.collect(upTo: limit).readableBytesView)
    }

    private func certificate(_ answer: JoinAnswer) -> Response {
        switch answer {
        case .certificate(let text):
            response(.ok, WireFormat.encoded(WireFormat.CertificateBody(certificate: text)))
        case .joined(let host):
            response(.ok, WireFormat.encoded(WireFormat.JoinedBody(host: host)))
        case .refused(let why): failure(.forbidden, why)
        case .unavailable(let why): failure(.serviceUnavailable, why)
        }
    }

    private func failure(_ status: HTTPResponse.Status, _ sentence: String) -> Response {
        response(status, WireFormat.error(sentence))
    }

    private func response(
        _ status: HTTPResponse.Status, _ body: [UInt8], receipt: String? = nil
    ) -> Response {
        var fields = HTTPFields()
        fields[.contentType] = "application/json"
        if let receipt = receipt.flatMap(WireFormat.receipt) {
            fields.set(WireFormat.receiptField, receipt)
        }
        return Response(
            status: status, headers: fields, body: .init(byteBuffer: ByteBuffer(bytes: body)))
    }
}
