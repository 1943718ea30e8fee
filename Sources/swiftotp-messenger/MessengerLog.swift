import Glibc
import OTPCore
import OTPSystem
import OTPWire

/// The messenger's log lines: never a text, and so never a code.
enum MessengerLog {
    /// What became of a message.
    static func write(
        _ what: StaticString, _ message: MessageDocument, _ priority: CInt = LOG_INFO,
        because reason: String? = nil
    ) {
        var line = LogLine(what)
        line.add("kind", message.kind.rawValue)
        line.add("to", outside: Array(message.to.utf8))
        if let reason { line.add("reason", sentence: Array(reason.utf8)) }
        SystemLog.write(line.bytes, priority)
    }

    /// Trouble that concerns no single message.
    static func write(_ trouble: String) { SystemLog.write(trouble: trouble) }
}
