import OTPCore

/// What swiftotp-agent replied.
public enum AgentAnswer: Equatable, Sendable {
    /// The fleet's answer. The receiver wipes it.
    case answered([UInt8])
    /// There is none; the sentence is for the log, with outside text escaped.
    case failed(AgentStatus, String)

    /// Reads the payload of a reply; `nil` if it is not one of this version.
    init?(decoding payload: [UInt8]) {
        guard let first = payload.first, let status = AgentStatus(rawValue: first) else {
            return nil
        }
        let rest = Array(payload.dropFirst())
        self =
            status == .answered
            ? .answered(rest)
            : .failed(status, String(decoding: LogLine.visible(rest), as: UTF8.self))
    }
}
