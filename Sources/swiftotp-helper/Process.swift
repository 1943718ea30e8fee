import CLinux

/// What the process has of the system, beside the store and the connection. The only file of the
/// helper with unsafe code.
enum Process {
    /// Whoever may change the program's arguments is root; a few paths fit.
    private static let maximumArguments = 4096

    /// The arguments behind the program's name; `nil` where they are too long or cannot be read.
    /// Embedded Swift hands none over, so they come from proc(5).
    static var arguments: [[UInt8]]? {
        // SAFETY: a literal.
        let file = unsafe swiftotp_openat(
            AT_FDCWD, "/proc/self/cmdline", O_RDONLY | O_CLOEXEC, 0)
        guard file >= 0 else { return nil }
        defer { _ = swiftotp_close(file) }
        var text = [UInt8](repeating: 0, count: maximumArguments)
        // SAFETY: writes at most as many bytes as the array has.
        let count = unsafe text.withUnsafeMutableBytes { buffer in
            unsafe swiftotp_pread(file, buffer.baseAddress, buffer.count, 0)
        }
        guard count > 0, count < text.count, text[count - 1] == 0 else { return nil }
        let words = text[..<(count - 1)].split(separator: 0, omittingEmptySubsequences: false)
        return words.dropFirst().map { Array($0) }
    }

    /// Lets nobody at the memory, and nothing of the environment at the C library: no core file,
    /// no debugger but root's, no variables, new files for root alone. Whether it went well.
    static func closeUp() -> Bool {
        umask(0o077)
        return clearenv() == 0 && swiftotp_keep_memory_private() == 0
    }

    /// Says a line on the standard error; whether anybody reads it changes nothing.
    static func complain(_ text: StaticString) {
        guard text.hasPointerRepresentation else { return }
        // SAFETY: a literal and its own length.
        _ = unsafe write(2, text.utf8Start, text.utf8CodeUnitCount)
    }

    /// Writes a line to the system's log (AUTHPRIV). Where nobody listens, it is lost, as
    /// syslog(3) has it.
    static func log(_ line: [UInt8], _ priority: CInt) {
        // SAFETY: openlog(3) keeps the pointer: a static string lies in the program, ends with
        // NUL, and stays.
        let name = unsafe UnsafeRawPointer(ident.utf8Start)
        unsafe openlog(name.assumingMemoryBound(to: CChar.self), LOG_PID, facility)
        let text = line.map(CChar.init(bitPattern:)) + [0]
        // SAFETY: a C string that lives through the call; the wrapper's format is fixed.
        unsafe text.withUnsafeBufferPointer { text in
            if let start = text.baseAddress {
                unsafe swiftotp_syslog(facility | priority, start)
            }
        }
    }

    private static var ident: StaticString { "swiftotp-helper" }

    /// LOG_AUTHPRIV, which the headers compute in a way that Swift cannot import.
    private static var facility: CInt { 10 << 3 }
}
