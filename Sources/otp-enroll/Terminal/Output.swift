import CLinux
import Glibc
import OTPCore

/// Writes to stdout and stderr.
///
/// Results go to stdout; the one line about a failure and its hints go to stderr. Text from outside
/// is only written through `printable`.
enum Output {
    /// Writes a line to stdout.
    static func line(_ text: String = "") throws {
        var bytes = Array(text.utf8)
        bytes.append(UInt8(ascii: "\n"))
        try write(&bytes)
    }

    /// Writes one object to stdout.
    static func json(_ members: KeyValuePairs<String, JSON>) throws {
        try line(JSON.object(members).lines)
    }

    /// The same, of members that were put together.
    static func json(_ members: [JSON.Member]) throws { try line(JSON.members(members).lines) }

    /// Writes bytes that may contain a secret to stdout, and wipes them.
    static func write(_ bytes: inout [UInt8]) throws {
        defer { Secret.wipe(&bytes) }
        guard Machine.write(bytes, to: STDOUT_FILENO) else {
            throw Failure(Phrase("the output cannot be written: \(Machine.lastError)"))
        }
    }

    /// Prints additional information on stderr.
    static func note(_ text: String) {
        // If stderr is closed, there is nobody to tell.
        _ = Machine.write(Array("otp-enroll: \(text)\n".utf8), to: STDERR_FILENO)
    }

    /// Prints on stderr why a command failed, and what would help.
    static func report(_ failure: Failure) {
        note(failure.message)
        for hint in failure.hints { Output.hint(hint) }
    }

    /// Prints on stderr what would help.
    static func hint(_ text: String) {
        _ = Machine.write(Array((Phrase("hint: \(text)").text + "\n").utf8), to: STDERR_FILENO)
    }

    /// `text`, safe to show: without what a terminal may act on; and only ASCII if it does not
    /// understand UTF-8.
    static func printable(_ text: String, utf8: Bool = Machine.speaksUTF8) -> String {
        var shown = String.UnicodeScalarView()
        for scalar in text.unicodeScalars where !scalar.isSteering {
            shown.append(scalar.isASCII || utf8 ? scalar : "?")
        }
        return String(shown)
    }

    /// Bytes from outside, safe to show.
    static func printable(_ bytes: [UInt8]) -> String {
        printable(String(decoding: bytes, as: UTF8.self))
    }
}
