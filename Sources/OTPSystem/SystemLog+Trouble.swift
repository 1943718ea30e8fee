import Glibc
import OTPCore

// What every service logs in the same words.
extension SystemLog {
    /// Why somebody, or everybody, cannot be served.
    public static func write(trouble why: String) {
        var line = LogLine("cannot serve")
        line.add("error", sentence: Array(why.utf8))
        write(line.bytes, LOG_ERR)
    }

    /// Why the service cannot run; returns the exit status for it.
    public static func fail(_ why: String) -> CInt {
        write(trouble: why)
        return 1
    }
}
