import Foundation
import TestSupport

/// A program that is spoken to line by line, and killed and reaped at the latest when nobody holds
/// it any more.
///
/// Not Foundation's `Process`: its `run` has crashed where some hundreds of programs were there.
final class Partner {
    let pid: pid_t
    private let socket: Int32
    private var buffer: [UInt8] = []
    private var isReaped = false

    /// Starts a program, found on PATH, with our environment.
    init(_ words: [String]) throws {
        var ends: [Int32] = [-1, -1]
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else {
            throw Trouble("no sockets: \(String(cString: strerror(errno)))")
        }
        defer { close(ends[1]) }
        socket = ends[0]
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for descriptor: Int32 in [0, 1] {
            posix_spawn_file_actions_adddup2(&actions, ends[1], descriptor)
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // The test runner may ignore signals or hold them back; the program starts fresh.
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))

        let variables = ProcessInfo.processInfo.environment.map { "\($0)=\($1)" }
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        var environment: [UnsafeMutablePointer<CChar>?] = variables.map { strdup($0) } + [nil]
        defer { for pointer in arguments + environment { free(pointer) } }
        var started: pid_t = 0
        let result = posix_spawnp(
            &started, words[0], &actions, &attributes, &arguments, &environment)
        guard result == 0 else {
            close(ends[0])
            throw Trouble("cannot start \(words[0]): \(String(cString: strerror(result)))")
        }
        pid = started
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

    /// Ends it, and waits until it is gone, with the locks that it had.
    func kill() {
        guard !isReaped else { return }
        isReaped = true
        Glibc.kill(pid, SIGKILL)
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
    }

    deinit {
        close(socket)
        kill()
    }
}
