import Foundation
import TestSupport

/// strace, which holds a process up before a system call is done, or only counts its calls.
final class Holder {
    /// Which call of a name it is, counted from 1; nil for none of them.
    struct Call {
        let name: String
        var number: Int? = 1
    }

    private let process = Process()
    private let trace: String
    private let call: Call

    /// Attaches to a process that waits.
    init(_ pid: pid_t, at call: Call, _ scratch: Scratch) async throws {
        self.call = call
        trace = scratch.file("trace-\(UUID().uuidString)")
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        let inject = call.number.map { number in
            ["-e", "inject=\(call.name):delay_enter=600000000:when=\(number)"]
        }
        process.arguments =
            [
                "strace", "-qq", "-p", "\(pid)", "-o", trace, "-e", "signal=none", "-e",
                "trace=\(call.name)",
            ] + (inject ?? [])
        process.standardError = FileHandle.nullDevice
        try process.run()
        _ = try await patiently("strace to attach to \(pid)") {
            let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
            return status.contains("TracerPid:\t0\n") ? nil : true
        }
    }

    /// The calls so far; the last one may be in its midst.
    private var lines: [Substring] {
        ((try? String(contentsOfFile: trace, encoding: .utf8)) ?? "").split(separator: "\n")
    }

    /// Waits until the process has come to the call.
    func holds() async throws {
        _ = try await patiently("the call to be held up") {
            lines.count >= call.number ?? 1 ? true : nil
        }
    }

    /// The number of the first call with this text in it.
    func number(of text: String) throws -> Int? {
        lines.firstIndex { $0.contains(text) }.map { $0 + 1 }
    }

    /// Lets the process go on. Killed, because whoever is traced goes on when strace is gone.
    func letGo() {
        guard process.isRunning else { return }
        kill(process.processIdentifier, SIGKILL)
    }

    deinit { letGo() }
}
