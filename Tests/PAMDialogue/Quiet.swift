import CLinux
import CPAM

/// Passes answers and messages through this process without a copy of its own: if they are found in
/// its memory afterwards, somebody else left them there.
enum Quiet {
    /// Room for any answer (PAM_MAX_RESP_SIZE).
    private static let room = 512

    /// The first line of a file or a pipe, read into memory that libpam's module frees, and nowhere
    /// else; `nil` if it cannot be read.
    static func line(of path: String) -> UnsafeMutablePointer<CChar>? {
        // SAFETY: the path is a C string for the length of the call.
        let file = unsafe swiftotp_openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0)
        guard file >= 0 else { return nil }
        defer { _ = close(file) }
        // SAFETY: zeroed, and one byte longer than what is read, so that a NUL ends it.
        guard let memory = unsafe calloc(room + 1, 1) else { return nil }
        let text = unsafe memory.bindMemory(to: CChar.self, capacity: room + 1)
        var count = 0
        while count < room {
            // SAFETY: one byte, inside.
            let got = unsafe read(file, text + count, 1)
            if got < 0 && swiftotp_errno() == EINTR { continue }
            guard got > 0, unsafe text[count] != 10 else {
                unsafe text[count] = 0
                break
            }
            count += 1
        }
        return unsafe text
    }

    /// Opens the file that messages are appended to; `nil` if that fails.
    static func open(_ path: String) -> CInt? {
        // SAFETY: the path is a C string for the length of the call.
        let file = unsafe swiftotp_openat(
            AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        return file < 0 ? nil : file
    }

    /// Writes a message and a newline, directly from libpam's memory.
    static func show(_ text: UnsafePointer<CChar>?, on file: CInt) {
        guard let text = unsafe text else { return }
        // SAFETY: a C string, by libpam's contract.
        _ = unsafe write(file, text, strlen(text))
        writeAll([UInt8(ascii: "\n")], to: file)
    }
}
