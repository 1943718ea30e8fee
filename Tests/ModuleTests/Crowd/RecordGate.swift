import Foundation
import TestSupport

/// Holds back all who want to write to a record, until they are there.
///
/// It holds the lock as a reader does, so that who only reads comes through.
final class RecordGate {
    private let file: Int32
    private let path: String
    private let end = ContinuousClock.now + .seconds(6)

    /// Whether it has opened by itself.
    var isOver: Bool { ContinuousClock.now > end }

    init(_ path: String) throws {
        self.path = path
        file = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0, flock(file, LOCK_SH) == 0 else { throw Trouble("no lock on \(path)") }
        // Those who wait give up after 10 seconds. By a thread of its own: who gathers them may
        // have to wait for its turn as long as that.
        let same = fcntl(file, F_DUPFD_CLOEXEC, 0)
        Thread.detachNewThread {
            Thread.sleep(forTimeInterval: 6)
            flock(same, LOCK_UN)
            close(same)
        }
    }

    /// Waits until so many processes have the record open to write to it;
    /// how many have. Not for longer than this: on a busy machine some come later.
    func gather(_ count: Int, atMost limit: Duration = .seconds(4)) async throws -> Int {
        let end = ContinuousClock.now + limit
        while true {
            let waiting = try RecordGate.processes().count { RecordGate.opens(path, $0) }
            if waiting >= count || ContinuousClock.now > end { return waiting }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    /// All processes there are: a service that was started for a login is nobody's child here.
    private static func processes() throws -> [pid_t] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { pid_t($0) }
    }

    /// Whether a process has a file open to write to it.
    static func opens(_ path: String, _ process: pid_t) -> Bool {
        let folder = "/proc/\(process)"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/fd")) ?? []
        return names.contains { name in
            let target = try? FileManager.default.destinationOfSymbolicLink(
                atPath: "\(folder)/fd/\(name)")
            guard target == path,
                let text = try? String(contentsOfFile: "\(folder)/fdinfo/\(name)", encoding: .utf8),
                let line = text.split(separator: "\n").first(where: { $0.hasPrefix("flags:") })
            else { return false }
            // In octal; the last digit is how it was opened.
            return line.last == Character("\(O_RDWR)")
        }
    }

    func open() { flock(file, LOCK_UN) }

    deinit { close(file) }
}
