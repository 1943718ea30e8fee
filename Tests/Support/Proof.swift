import Foundation

/// Proofs with a short form in `make test` and a long one in `make proof`.
///
/// `make proof` runs the suites whose names end in `Proof`, with `SWIFTOTP_PROOF=long`. What each
/// of them did goes line by line to the file in `SWIFTOTP_FIGURES`, and from there to
/// docs/RESULTS.md.
public enum Proof {
    /// Whether this is `make proof`.
    public static let isLong = ProcessInfo.processInfo.environment["SWIFTOTP_PROOF"] == "long"

    /// How often: `short` in `make test`, `long` in `make proof`.
    public static func count(_ short: Int, long: Int) -> Int { isLong ? long : short }

    /// Records a figure for the table in docs/RESULTS.md.
    ///
    /// - Parameters:
    ///   - chapter: The chapter that it belongs to, such as `Killed at every system call`.
    ///   - what: What was done.
    ///   - figure: How often, and how it ended.
    public static func tell(_ chapter: String, _ what: String, _ figure: String) throws {
        guard let path = ProcessInfo.processInfo.environment["SWIFTOTP_FIGURES"] else { return }
        let line = Array("\(chapter)\t\(what)\t\(figure)\n".utf8)
        let file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw Trouble("cannot open \(path): \(errno)") }
        defer { close(file) }
        // One call, so that lines of parallel tests do not mix.
        guard write(file, line, line.count) == line.count else {
            throw Trouble("cannot write \(path): \(errno)")
        }
    }
}
