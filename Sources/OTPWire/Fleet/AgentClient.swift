import Glibc
import OTPCore

/// Hands requests to swiftotp-agent, which passes them on to the servers of the fleet.
public enum AgentClient {
    /// Where the agent listens.
    public static let defaultPath = Array("/run/swiftotp-agent/agent.sock".utf8)
    /// How long to wait: longer than the agent waits for the servers.
    public static let patience = Duration.seconds(6)
    /// The longest request, in bytes.
    public static let longestRequest = Frame.maximumLength - 1

    /// Why the agent did not reply.
    public struct Problem: Error, Equatable {
        /// In one clause.
        public let text: String

        public init(text: String) { self.text = text }
    }

    /// Sends a request of 1 to `longestRequest` bytes, and waits for the reply. An empty one asks
    /// for the agent's own state (`AgentState`), and one that begins with a zero the agent itself
    /// (`OfflineCall`).
    ///
    /// Throws if the agent does not reply in time, or cannot be asked.
    public static func send(
        _ body: [UInt8], to path: [UInt8]? = nil, within patience: Duration = patience
    ) throws(Problem) -> AgentAnswer {
        guard body.count <= longestRequest else { throw Problem(text: "the request is too long") }
        let deadline = Deadline(in: patience)
        do throws(WireError) {
            var channel = FrameChannel(try Socket(connectingTo: path ?? defaultPath))
            let welcome = try channel.receive(until: deadline)
            if welcome.kind == .busy {
                let why = String(decoding: LogLine.visible(welcome.payload), as: UTF8.self)
                return .failed(.unavailable, why)
            }
            guard welcome == Frame(.welcome, [Frame.version]) else { throw .malformed }
            channel.queue(.request, body)
            try channel.flush(until: deadline)
            var frame = try channel.receive(until: deadline)
            defer { Secret.wipe(&frame.payload) }
            guard frame.kind == .reply, let answer = AgentAnswer(decoding: frame.payload) else {
                throw .malformed
            }
            return answer
        } catch {
            throw Problem(text: text(of: error))
        }
    }

    /// Asks the agent for its own state.
    public static func state(at path: [UInt8]? = nil) throws(Problem) -> AgentState {
        switch try send([], to: path) {
        case .failed(_, let why): throw Problem(text: why)
        case .answered(let bytes):
            guard let state = try? Document.agentState(bytes) else {
                throw Problem(text: AgentClient.otherVersion)
            }
            return state
        }
    }

    private static let otherVersion = "swiftotp-agent is of another version"

    private static func text(of error: WireError) -> String {
        switch error {
        case .system(ENOENT), .system(ECONNREFUSED): "swiftotp-agent is not listening"
        case .timedOut, .system(EAGAIN): "swiftotp-agent does not answer"
        case .malformed: otherVersion
        case .closed, .cut: "swiftotp-agent ended without an answer"
        case .system(EACCES): "only root's swiftotpd may use swiftotp-agent"
        case .system(let number): "swiftotp-agent cannot be reached: error number \(number)"
        }
    }
}
