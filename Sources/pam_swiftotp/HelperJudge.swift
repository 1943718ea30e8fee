import OTPCore
import OTPStore

/// swiftotp-helper as the judge of a login in a program that is not root.
struct HelperJudge: RemoteJudge {
    /// Where it listens; `nil` for the default place.
    let path: [UInt8]?

    func caller() throws(StoreError) -> UInt32? { try HelperClient.caller() }

    func isEnrolled() throws(StoreError) -> Bool {
        var request = HelperRequest.enrolledMessage
        switch try ask(&request) {
        case .flag(let isEnrolled): return isEnrolled
        case .denied(_, let text): throw denied(text)
        default: throw another
        }
    }

    func digits() throws(StoreError) -> UInt8? {
        var request = HelperRequest.statusMessage
        switch try ask(&request) {
        case .record(let record): return record.authenticators.first?.digits
        case .denied(_, let text): throw denied(text)
        default: throw another
        }
    }

    func `try`(_ typed: Span<UInt8>, service: [UInt8]) throws(StoreError) -> (Outcome, [String]) {
        var request = HelperRequest.loginMessage(service: service, typed)
        switch try ask(&request) {
        case .outcome(let outcome, let sentences): return (outcome, sentences)
        case .denied(_, let text): throw denied(text)
        default: throw another
        }
    }

    /// One connection for one request, which is wiped.
    private func ask(_ request: inout [UInt8]) throws(StoreError) -> HelperReply {
        try HelperClient(path: path).ask(&request)
    }

    private func denied(_ text: String) -> StoreError {
        StoreError(.system, subject, text.isEmpty ? "swiftotp-helper does not tell why" : text)
    }

    private var another: StoreError {
        StoreError(.system, subject, "swiftotp-helper answered something else than was asked")
    }

    private var subject: [UInt8] { path ?? HelperClient.defaultPath }
}
