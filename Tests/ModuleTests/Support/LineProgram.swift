import Foundation
import TestSupport

/// A program that reads and writes line by line.
final class LineProgram {
    private let child: Child
    private let socket: Int32
    private var buffer: [UInt8] = []

    var pid: pid_t { child.pid }

    /// Starts a program found on PATH.
    init(_ words: [String]) throws {
        var ends: [Int32] = [-1, -1]
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else {
            throw Trouble("no sockets: \(String(cString: strerror(errno)))")
        }
        defer { close(ends[1]) }
        do {
            child = try Child(words, streams: .descriptors(ends[1], ends[1], 2))
        } catch {
            close(ends[0])
            throw error
        }
        socket = ends[0]
    }

    /// Sends text.
    func send(_ text: String) throws {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 || errno == EINTR else { throw Trouble("the program has ended") }
            rest = rest.dropFirst(max(0, count))
        }
    }

    /// The next line that it prints, without its end.
    func line() throws -> String {
        var part = [UInt8](repeating: 0, count: 65536)
        while true {
            if let end = buffer.firstIndex(of: 10) {
                let line = String(decoding: buffer[..<end], as: UTF8.self)
                buffer.removeSubrange(...end)
                return line
            }
            let count = read(socket, &part, part.count)
            guard count > 0 || (count < 0 && errno == EINTR) else {
                throw Trouble("the program has ended")
            }
            buffer += part[..<max(0, count)]
        }
    }

    /// Waits for its end.
    func finish() async throws -> Int32 { try await child.finish() }

    /// Kills it, and waits until it is gone, along with its locks.
    func kill() { child.end() }

    deinit { close(socket) }
}
