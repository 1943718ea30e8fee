import Glibc
import OTPCore

/// Asks a fleet's servers, by the agent on this host.
public enum AgentClient {
    /// Where the agent listens: in a folder that only it and root may enter.
    public static let defaultPath = Array("/run/swiftotp-agent/agent.sock".utf8)

    /// How a call ended.
    public enum Answer: Sendable {
        /// A server's answer. The caller wipes it: it may contain backup codes.
        case answered([UInt8])
        /// Nobody can tell; why not, in one clause.
        case failed(String)
    }

    /// The first byte of the agent's reply; what follows is the server's answer, or says more.
    public enum Status: UInt8, Sendable {
        case answered = 0
        /// No server can be reached, or none has answered in time.
        case unreachable = 1
        /// The servers do not accept this host: its certificate or its rights.
        case refused = 2
        /// Too many failures have come from this host.
        case overBudget = 3
        /// The servers cannot judge now, such as without their database.
        case unavailable = 4
        /// They do not understand this host.
        case malformed = 5
    }

    /// Sends the body of a call, and waits for the answer.
    public static func send(
        _ body: [UInt8], to path: [UInt8]? = nil, within patience: Duration
    ) -> Answer {
        let deadline = Deadline(in: patience)
        var reply: [UInt8]
        do throws(WireError) {
            var channel = FrameChannel(try Socket(connectingTo: path ?? defaultPath))
            guard try channel.receive(until: deadline).kind == .welcome else { throw .malformed }
            channel.queue(.request, body)
            try channel.flush(until: deadline)
            let frame = try channel.receive(until: deadline)
            guard frame.kind == .reply else { throw .malformed }
            reply = frame.payload
        } catch {
            return .failed(text(of: error))
        }
        defer { Secret.wipe(&reply) }
        guard let first = reply.first, let status = Status(rawValue: first) else {
            return .failed(text(of: WireError.malformed))
        }
        let rest = Array(reply.dropFirst())
        if status == .answered { return .answered(rest) }
        let detail = String(decoding: LogLine.visible(rest), as: UTF8.self)
        return .failed(text(of: status) + (detail.isEmpty ? "" : ": \(detail)"))
    }

    private static func text(of status: Status) -> String {
        switch status {
        case .answered, .unreachable: "no server can be reached"
        case .refused: "the servers refuse this host"
        case .overBudget:
            "too many failures have come from this host; see `swiftotp-server hosts` on a server"
        case .unavailable: "the servers cannot check codes now"
        case .malformed: "the servers are of another version"
        }
    }

    private static func text(of error: WireError) -> String {
        switch error {
        case .system(ENOENT), .system(ECONNREFUSED): "swiftotp-agent is not listening"
        case .timedOut, .system(EAGAIN): "swiftotp-agent does not answer"
        case .malformed: "swiftotp-agent is of another version"
        case .closed, .cut: "swiftotp-agent ended without an answer"
        case .system(EACCES): "only root's swiftotpd may use swiftotp-agent"
        case .system(let number): "swiftotp-agent cannot be reached: error number \(number)"
        }
    }
}
