import Foundation
import Synchronization

/// A started program, killed and reaped at the latest when its last owner is gone.
public final class Child: Sendable {
    public let pid: pid_t
    private let ending: Ending

    /// What becomes the standard input, output and error of the program.
    public enum Streams {
        /// Three descriptors of ours.
        case descriptors(Int32, Int32, Int32)
        /// A terminal by its path, which also becomes the program's controlling terminal.
        case terminal(String)
    }

    /// POSIX_SPAWN_SETSID, which the headers declare only for GNU programs.
    private static let newSession: Int32 = 0x80

    /// Starts a program, found on PATH, in its own session.
    public init(
        _ words: [String], environment: [String: String] = [:], streams: Streams
    ) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        switch streams {
        case .descriptors(let input, let output, let errors):
            posix_spawn_file_actions_adddup2(&actions, input, 0)
            posix_spawn_file_actions_adddup2(&actions, output, 1)
            posix_spawn_file_actions_adddup2(&actions, errors, 2)
        case .terminal(let path):
            // The first terminal that a session leader opens becomes its controlling one.
            posix_spawn_file_actions_addopen(&actions, 0, path, O_RDWR, 0)
            posix_spawn_file_actions_adddup2(&actions, 0, 1)
            posix_spawn_file_actions_adddup2(&actions, 0, 2)
        }
        // Nothing of the test runner's own, so that everything open in a program was opened by it.
        // Closed in the program, not marked here: Foundation, which starts programs at the same
        // time, learns from one of its descriptors that they have ended. More than are open now,
        // because others are being opened.
        let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
        for descriptor in 3...(open.compactMap { Int32($0) }.max() ?? 2) + 100 {
            posix_spawn_file_actions_addclose(&actions, descriptor)
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // The test runner may ignore or block signals; the program starts with none of that.
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        let flags = Self.newSession | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK
        posix_spawnattr_setflags(&attributes, Int16(flags))

        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] =
            Self.variables(environment).map { strdup("\($0)=\($1)") } + [nil]
        defer { for pointer in arguments + variables { free(pointer) } }
        var started: pid_t = 0
        let result = posix_spawnp(
            &started, words[0], &actions, &attributes, &arguments, &variables)
        guard result == 0 else {
            throw Trouble("cannot start \(words[0]): \(String(cString: strerror(result)))")
        }
        pid = started
        ending = Ending(of: started)
    }

    /// The few variables that programs need from our environment, and a locale that always exists.
    private static func variables(_ extra: [String: String]) -> [String: String] {
        var all = ["LC_ALL": "C.UTF-8", "TERM": "xterm-256color"]
        for name in ["PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH"] {
            all[name] = ProcessInfo.processInfo.environment[name]
        }
        return all.merging(extra) { $1 }
    }

    /// The exit status (128 + signal if one ended the program); nil while it runs.
    public var status: Int32? { ending.status() }

    /// Waits for it to end.
    public func finish(within limit: Duration = .seconds(20)) async throws -> Int32 {
        try await patiently("process \(pid) to end", within: limit) { self.status }
    }

    /// Sends a signal, unless the program has ended.
    public func signal(_ number: Int32) {
        if status == nil { kill(pid, number) }
    }

    /// Kills it, and waits until it is gone, with its locks.
    public func end() { ending.kill() }

    deinit { end() }
}

/// How a program ends. A thread reaps it at once: as long as some ended program is not reaped, the
/// thread with which swift-testing awaits its exit tests asks for it without a pause.
private final class Ending: Sendable {
    private let pid: pid_t
    private let ended = Mutex<Int32?>(nil)

    init(of pid: pid_t) {
        self.pid = pid
        Thread.detachNewThread {
            var information = siginfo_t()
            while waitid(P_PID, id_t(pid), &information, WEXITED | WNOWAIT) < 0 && errno == EINTR {}
            _ = self.status()
        }
    }

    /// The exit status; nil while the program runs.
    func status() -> Int32? {
        ended.withLock { ended in
            if ended == nil {
                var raw: Int32 = 0
                if waitpid(pid, &raw, WNOHANG) == pid {
                    ended = raw & 0x7f == 0 ? (raw >> 8) & 0xff : 128 + (raw & 0x7f)
                }
            }
            return ended
        }
    }

    /// Kills it, unless it has ended, and waits until it is gone.
    func kill() {
        ended.withLock { ended in
            guard ended == nil else { return }
            Foundation.kill(pid, SIGKILL)
            var raw: Int32 = 0
            while waitpid(pid, &raw, 0) < 0 && errno == EINTR {}
            ended = 128 + SIGKILL
        }
    }
}

/// Asks again and again, without blocking a thread, until there is an answer.
public func patiently<Answer>(
    _ what: String, within limit: Duration = .seconds(20),
    isolation: isolated (any Actor)? = #isolation, _ ask: () throws -> Answer?
) async throws -> Answer {
    let clock = ContinuousClock()
    let end = clock.now + limit
    // If several hundred tests wait for their turn, time passes between two looks: so there are at
    // least this many looks.
    var looks = 200
    while true {
        if let answer = try ask() { return answer }
        looks -= 1
        if clock.now > end && looks < 0 { throw Trouble("waited \(limit) in vain for \(what)") }
        try await Task.sleep(for: .milliseconds(15))
    }
}
