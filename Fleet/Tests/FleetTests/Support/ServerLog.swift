import TestSupport

/// What the servers have written to the system's log since this was made.
struct ServerLog {
    private let log: SystemLog
    private let start: Int

    init() throws {
        log = try SystemLog.shared()
        start = log.lines.count
    }

    /// Waits until a server has said this.
    func expect(_ sentence: String) async throws {
        _ = try await patiently("“\(sentence)” in a server's log") {
            log.lines.dropFirst(start).first {
                $0.text.has("swiftotp-server[") && $0.text.has(sentence)
            }
        }
    }
}
