import CLinux
import Glibc

/// The system log (syslog(3), AUTHPRIV). It has unsafe code.
public enum SystemLog {
    /// Makes every line say which program, and which process of it, wrote it.
    public static func open(as ident: StaticString) {
        // SAFETY: openlog(3) keeps the pointer; a literal is part of the program, ends with NUL,
        // and stays there.
        let name = unsafe UnsafeRawPointer(ident.utf8Start)
        unsafe openlog(name.assumingMemoryBound(to: CChar.self), LOG_PID, facility)
    }

    /// Writes a line. If no logger listens, it is lost, as with syslog(3).
    public static func write(_ line: [UInt8], _ priority: CInt) {
        let text = line.map(CChar.init(bitPattern:)) + [0]
        // SAFETY: a C string that lives through the call; the wrapper's format is fixed.
        unsafe text.withUnsafeBufferPointer { text in
            if let start = text.baseAddress {
                unsafe swiftotp_syslog(facility | priority, start)
            }
        }
    }

    /// LOG_AUTHPRIV, which the headers compute in a way that Swift cannot import.
    private static let facility: CInt = 10 << 3
}
