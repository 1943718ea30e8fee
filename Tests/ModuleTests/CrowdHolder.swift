import Foundation
import TestSupport

/// A process of root's that holds locks and never lets go.
struct Holder {
    private let process: Partner

    init(_ paths: [String], shared: Bool = false) throws {
        let kind = shared ? "shared" : "alone"
        process = try Partner(["python3", "-BIc", Self.program, kind] + paths)
        guard try process.line() == "held" else { throw Trouble("no lock on \(paths)") }
    }

    /// Ends it, and so frees its locks.
    func end() { process.kill() }

    private static let program = """
        import fcntl, os, signal, sys
        kind = fcntl.LOCK_SH if sys.argv[1] == "shared" else fcntl.LOCK_EX
        for path in sys.argv[2:]:
            fcntl.flock(os.open(path, os.O_RDONLY), kind | fcntl.LOCK_NB)
        os.write(1, b"held\\n")
        signal.pause()

        """
}

/// Times a program by itself, however long the tests around it have to wait for their turn.
struct Stopwatch {
    private let file: String

    init(_ scratch: Scratch) { file = scratch.file("time-\(UUID().uuidString)") }

    /// The words before the program.
    var around: [String] {
        let script = #"""
            start=$EPOCHREALTIME; "${@:2}"; status=$?; echo "$start $EPOCHREALTIME" >"$1"
            exit $status
            """#
        return ["bash", "-c", script, "bash", file]
    }

    /// How long it took.
    var seconds: Double {
        get throws {
            let text = try String(contentsOfFile: file, encoding: .utf8)
            let times = text.split(whereSeparator: \.isWhitespace).compactMap { Double($0) }
            guard times.count == 2 else { throw Trouble("not timed: \(text)") }
            return times[1] - times[0]
        }
    }
}
