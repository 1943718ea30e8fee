import CLinux
import Glibc
import OTPCore
import OTPSystem

/// The clipboard of the user's terminal, even through ssh: the terminal takes the text from an
/// escape sequence (OSC 52).
enum Clipboard {
    /// The longest text, in bytes. Most terminals accept more, but not all of them much more.
    private static let limit = 4096

    /// Puts `text`, which may contain a secret, on the clipboard, and wipes it. Whether the
    /// terminal obeyed is unknown.
    static func copy(_ text: inout [UInt8]) throws(Failure) {
        defer { Secret.wipe(&text) }
        guard text.count <= limit else {
            throw Failure("the clipboard takes at most \(OpenFile.size(limit))")
        }
        guard !Terminal.isDumb else {
            throw Failure(
                "this terminal has no clipboard",
                hint: "TERM has its name, which sudo and su may have changed")
        }
        var coded = Base64.encode(text.span, isPadded: true)
        defer { Secret.wipe(&coded) }
        var sequence = Array("\u{1b}]52;c;".utf8)
        sequence.reserveCapacity(sequence.count + coded.count + 1)
        defer { Secret.wipe(&sequence) }
        sequence.append(copying: coded.span)
        sequence.append(7)
        try write(sequence)
    }

    /// Writes to the terminal, which is not necessarily where stdout goes.
    private static func write(_ sequence: [UInt8]) throws(Failure) {
        if let file = [STDOUT_FILENO, STDERR_FILENO].first(where: { isatty($0) == 1 }) {
            return try write(sequence, to: file)
        }
        // SAFETY: a literal.
        let number = unsafe open("/dev/tty", O_WRONLY | O_NOCTTY | O_CLOEXEC)
        guard number >= 0 else {
            throw Failure(
                "there is no terminal whose clipboard could be used",
                hint: "run it at a terminal; with ssh: ssh -t")
        }
        let terminal = OpenFile(number)
        try write(sequence, to: terminal.number)
    }

    private static func write(_ sequence: [UInt8], to file: CInt) throws(Failure) {
        guard Machine.write(sequence, to: file) else {
            throw Failure("the terminal cannot be written to: \(Machine.lastError)")
        }
    }
}
