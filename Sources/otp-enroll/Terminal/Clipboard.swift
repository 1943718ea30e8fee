import CLinux
import Glibc
import OTPCore

/// The clipboard of the terminal that a person sits at, also through ssh: the terminal takes the
/// text out of an escape sequence (OSC 52).
enum Clipboard {
    /// The longest text, in bytes. Terminals take more, but not all of them much more.
    private static let limit = 4096

    /// Puts `text`, which may hold a secret, on the clipboard, and wipes it. Whether the terminal
    /// obeyed cannot be known.
    static func copy(_ text: inout [UInt8]) throws(Failure) {
        defer { Secret.wipe(&text) }
        guard text.count <= limit else {
            throw Failure("the clipboard takes at most \(OpenFile.size(limit))")
        }
        guard !Terminal.isDumb else {
            throw Failure(
                "this terminal has no clipboard",
                hint: "its name is in TERM, which sudo and su may have changed")
        }
        var sequence = Array("\u{1b}]52;c;".utf8)
        sequence.reserveCapacity(sequence.count + Base64.count(text.count) + 1)
        defer { Secret.wipe(&sequence) }
        Base64.encode(text.span, into: &sequence)
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

/// Base64 with padding (RFC 4648, 4).
enum Base64 {
    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// The length of the text for so many bytes.
    static func count(_ bytes: Int) -> Int { (bytes + 2) / 3 * 4 }

    /// Appends the text for `bytes` to `text`.
    static func encode(_ bytes: Span<UInt8>, into text: inout [UInt8]) {
        var start = 0
        while start < bytes.count {
            let count = min(3, bytes.count - start)
            var group: UInt32 = 0
            for index in 0..<3 {
                group = group << 8 | (index < count ? UInt32(bytes[start + index]) : 0)
            }
            for index in 0..<4 {
                let digit = Int(group >> UInt32(18 - 6 * index) & 63)
                text.append(index <= count ? alphabet[digit] : UInt8(ascii: "="))
            }
            start += count
        }
    }
}
