import FleetNetwork
import Glibc
import OTPSystem

/// A log that is read from its beginning to its end. It has unsafe code.
enum LogFile {
    /// How much is read at once, in bytes.
    private static let part = 1 << 20

    /// What files that are no text begin with, and the program that prints their text.
    private static let others: [(start: [UInt8], reader: String)] = [
        ([0x1f, 0x8b], "zcat"), ([0xfd, 0x37, 0x7a, 0x58, 0x5a], "xzcat"),
        ([0x28, 0xb5, 0x2f, 0xfd], "zstdcat"), ([0x42, 0x5a, 0x68], "bzcat"),
        (Array("LPKSHHRH".utf8), "journalctl -o short-iso --file"),
    ]

    /// Hands on all of a file, part by part; `-` is the standard input.
    ///
    /// Throws a sentence if it cannot be read to its end, or is no text.
    static func read(
        _ path: String, _ take: (ArraySlice<UInt8>) -> Void
    ) throws(FleetProblem) {
        // SAFETY: the path becomes a C string that lives through the call.
        let opened = unsafe path == "-" ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC)
        guard opened >= 0 else { throw failure(path) }
        let file = OpenFile(opened)
        var (bytes, isFirst) = ([UInt8](repeating: 0, count: part), true)
        while true {
            // SAFETY: writes within the array.
            let count = unsafe Glibc.read(file.number, &bytes, bytes.count)
            guard count >= 0 else {
                if errno == EINTR { continue }
                throw failure(path)
            }
            if count == 0 { return }
            if isFirst { try checkText(bytes.prefix(count), path) }
            isFirst = false
            take(bytes.prefix(count))
        }
    }

    /// A compressed log has no line that is understood, and would pass for one without any.
    private static func checkText(
        _ bytes: ArraySlice<UInt8>, _ path: String
    ) throws(FleetProblem) {
        guard let other = others.first(where: { bytes.starts(with: $0.start) }) else { return }
        throw FleetProblem(
            "\(path) is no text, and nothing was changed: give what `\(other.reader)` prints of it, by"
                + " a pipe to --replay -")
    }

    private static func failure(_ path: String) -> FleetProblem {
        FleetProblem(
            "cannot read \(path), and nothing was changed: \(SystemError.last.text)")
    }
}
