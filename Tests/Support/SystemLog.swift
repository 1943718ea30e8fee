import Foundation
import Synchronization

/// The system log of the ground: everything that programs send to /dev/log.
public final class SystemLog: Sendable {
    public struct Line: Sendable, CustomStringConvertible {
        /// syslog's facility and severity: AUTHPRIV is 10, a notice 5.
        public let facility: Int, severity: Int
        public let text: String

        /// The `key=value` words of the line.
        public var fields: [String: String] {
            var fields: [String: String] = [:]
            for word in text.split(separator: " ") {
                guard let sign = word.firstIndex(of: "=") else { continue }
                fields[String(word[..<sign])] = String(word[word.index(after: sign)...])
            }
            return fields
        }

        public var description: String { "<\(facility).\(severity)> \(text)" }
    }

    private static let opened = Result { try SystemLog() }
    private let kept = Mutex<[Line]>([])
    private let socket: Int32

    /// The only log of this process, listening from its first use on.
    public static func shared() throws -> SystemLog { try opened.get() }

    private init() throws {
        try Build.requireGround()
        socket = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        unlink("/dev/log")
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: "/dev/log".utf8) }
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard socket >= 0, bound == 0, chmod("/dev/log", 0o666) == 0 else {
            throw Trouble("cannot listen on /dev/log")
        }
        // On its own thread: a sender waits while the socket's short queue is full.
        Thread { self.listen() }.start()
    }

    private func listen() {
        var datagram = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = recv(socket, &datagram, datagram.count, 0)
            guard count > 0 else { continue }
            let text = String(decoding: datagram[..<count], as: UTF8.self)
            kept.withLock { $0.append(Self.parse(text)) }
        }
    }

    /// "<85>Jan  1 10:00:00 sshd[7]: words": the number is facility * 8 + severity.
    private static func parse(_ text: String) -> Line {
        guard text.first == "<", let end = text.firstIndex(of: ">"),
            let number = Int(text[text.index(after: text.startIndex)..<end])
        else { return Line(facility: -1, severity: -1, text: text) }
        return Line(
            facility: number / 8, severity: number % 8,
            text: String(text[text.index(after: end)...]))
    }

    /// Everything so far.
    public var lines: [Line] { kept.withLock { $0 } }

    /// The lines that contain every one of the texts.
    public func lines(containing texts: String...) -> [Line] { select(texts) }

    /// Waits for a line that contains every one of the texts.
    public func line(
        containing texts: String..., within limit: Duration = .seconds(5)
    ) async throws -> Line {
        try await patiently("a log line with \(texts)", within: limit) { select(texts).first }
    }

    private func select(_ texts: [String]) -> [Line] {
        lines.filter { line in texts.allSatisfy { line.text.has($0) } }
    }
}
