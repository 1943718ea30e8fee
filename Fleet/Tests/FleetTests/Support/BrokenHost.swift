import Foundation
import OTPCore
import OTPWire
import TestSupport

/// Somebody who has taken over a host, or has only made a certificate: calls the servers with curl,
/// from that host.
struct BrokenHost: Sendable {
    let machine: Machine
    /// The file with certificate and key, and the authority's certificate; `nil` for none.
    let certificate: String?
    /// The file with the authority's certificate.
    let authority: String

    /// What a server answers.
    struct Answer: Equatable, Sendable {
        /// The HTTP status; 0 if there was no TLS connection.
        let status: Int
        let body: String

        /// The document of an answer; `nil` if there is none.
        var result: FleetReply.Result? {
            (try? Document.fleetReply(Array(body.utf8)))?.result
        }

        /// The answer to a command.
        var reply: Reply.Result? {
            guard case .reply(let reply)? = result else { return nil }
            return reply.result
        }

        /// How an answer was judged.
        var judgement: JudgementDocument? {
            guard case .judged(let judgement)? = result else { return nil }
            return judgement
        }
    }

    /// The host's own certificate.
    init(_ host: Host) {
        machine = host.machine
        authority = "\(host.machine.folder)/etc/swiftotp-agent/host.pem"
        certificate = authority
    }

    /// Another certificate at the same host.
    init(_ host: Host, certificate: String?) {
        machine = host.machine
        authority = "\(host.machine.folder)/etc/swiftotp-agent/host.pem"
        self.certificate = certificate
    }

    /// Sends a step.
    func call(
        _ step: FleetStep, about user: String, _ number: UInt32?, permit: String? = nil,
        id: String = BrokenHost.newID(), server: String = "otp1"
    ) async throws -> Answer {
        let call = FleetCall(step, user: user, uid: number, permit: permit)
        let body = String(decoding: try Document.encode(call), as: UTF8.self)
        return try await post("call", body, id: id, server: server)
    }

    /// Sends a step so many times, as fast as it can, and returns the statuses.
    func flood(
        _ step: FleetStep, about user: String, _ number: UInt32, times: Int,
        server: String = "otp1"
    ) async throws -> [Int] {
        let body = String(
            decoding: try Document.encode(FleetCall(step, user: user, uid: number)), as: UTF8.self)
        // What is behind the # is not sent.
        let answer = try await send(
            BrokenHost.fields(BrokenHost.newID()) + ["-o", "/dev/null"],
            to: "https://\(server):8463/v1/call#[1-\(times)]", body)
        return (answer.body.split(separator: "\n").compactMap { Int($0) }) + [answer.status]
    }

    /// Sends a text.
    func post(
        _ route: String, _ body: String, id: String = BrokenHost.newID(), server: String = "otp1"
    ) async throws -> Answer {
        try await send(
            BrokenHost.fields(id), to: "https://\(server):8463/v1/\(route)", body)
    }

    private static func fields(_ id: String) -> [String] {
        [
            "-H", "Content-Type: application/json", "-H", "Swiftotp-Request: \(id)", "-H",
            "Swiftotp-Within: 8000", "--data-binary", "@-",
        ]
    }

    /// Sends a heartbeat.
    func ping(server: String = "otp1") async throws -> Answer {
        try await send([], to: "https://\(server):8463/v1/ping", "")
    }

    private func send(_ words: [String], to url: String, _ body: String) async throws -> Answer {
        var all = machine.words + ["curl", "-sS", "--max-time", "20", "--cacert", authority]
        if let certificate { all += ["--cert", certificate, "--key", certificate] }
        let done = try await Command.run(all + words + ["-w", "\n%{http_code}", url], input: body)
        let lines = done.output.split(separator: "\n", omittingEmptySubsequences: false)
        return Answer(
            status: lines.last.flatMap { Int($0) } ?? 0,
            body: lines.dropLast().joined(separator: "\n") + done.errors)
    }

    static func newID() -> String {
        (0..<16).map { _ in
            let text = String(UInt8.random(in: 0...255), radix: 16)
            return text.count == 1 ? "0" + text : text
        }.joined()
    }

    /// A place in this host's own words.
    static let place: PlaceDocument = {
        let text = """
            {"service":"sshd","address":"198.51.100.7","source":"00112233445566778899aabbccddeeff",\
            "isKey":false}
            """
        do {
            return try JSONDecoder().decode(PlaceDocument.self, from: Data(text.utf8))
        } catch {
            fatalError("not a place: \(error)")
        }
    }()

    /// A try of an answer.
    static func judge(_ answer: String) -> FleetStep {
        .judge(
            answer: answer,
            trial: TrialDocument(
                Trial(
                    isJoined: false, takesMessageCodes: true, isHeard: true, enrolling: .everybody)),
            place: place)
    }
}
