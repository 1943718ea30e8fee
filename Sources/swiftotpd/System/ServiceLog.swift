import Glibc
import OTPCore
import OTPStore
import OTPSystem

/// The service's own log lines. Never a code or a key.
enum ServiceLog {
    /// A login's line, as the module would write it. Lines for programs that are not root's concern
    /// only their own user, and are limited.
    static func write(
        _ priority: LogPriority, _ line: LogLine, of service: [UInt8], by peer: Peer,
        isLimited: Bool = true
    ) {
        var text = Array("pam_swiftotp(".utf8)
        text.append(copying: LogLine.sanitized(service).span)
        text.append(copying: Array(":auth): ".utf8).span)
        text.append(copying: line.bytes.span)
        if isLimited {
            write(text, CInt(priority.rawValue), by: peer)
        } else {
            SystemLog.write(text, CInt(priority.rawValue))
        }
    }

    /// A line about a request that tried a code, or a proof.
    static func write(_ priority: LogPriority, tryBy peer: Peer, _ line: LogLine) {
        write(line.bytes, CInt(priority.rawValue), by: peer)
    }

    private static func write(_ text: [UInt8], _ priority: CInt, by peer: Peer) {
        if peer.isOwner {
            SystemLog.write(text, priority)
        } else {
            writeNoise(text, priority, of: peer.user)
        }
    }

    /// What was received was not a frame or a request, and the connection ends.
    static func writeBadRequest(of user: UInt32) {
        var line = LogLine("request refused")
        line.add("reason", "malformed")
        line.add("uid", "\(user)")
        writeNoise(line.bytes, LOG_NOTICE, of: user)
    }

    /// A UID without a name connected.
    static func writeUnknownUser(_ user: UInt32) {
        var line = LogLine("request refused")
        line.add("reason", "unknown-user")
        line.add("uid", "\(user)")
        // All of them together: one person may have many UIDs.
        writeNoise(line.bytes, LOG_NOTICE, of: Peer.nobody)
    }

    private static func writeNoise(_ text: [UInt8], _ priority: CInt, of user: UInt32) {
        switch Noise.another(of: user) {
        case .written: SystemLog.write(text, priority)
        case .full:
            var line = LogLine("left out")
            line.add("reason", "too-many-lines")
            line.add("uid", "\(user)")
            SystemLog.write(line.bytes, LOG_NOTICE)
        case .leftOut: break
        }
    }

    /// A line about a request.
    static func write(_ priority: LogPriority, _ line: LogLine) {
        SystemLog.write(line.bytes, CInt(priority.rawValue))
    }

    /// A store was made, or its records got a marker.
    static func write(_ made: Store.Made, _ store: Store, by operatorName: [UInt8]) {
        guard made != .there else { return }
        var line = LogLine(made == .new ? "store made" : "store marked")
        line.add("store", outside: store.path)
        line.add("key", outside: store.keyPath)
        line.add("by", outside: operatorName)
        SystemLog.write(line.bytes, LOG_NOTICE)
    }

    /// Why a user could not be told of a change by mail.
    static func writeUntold(_ user: User, _ why: String) {
        write(.warning, LogLine(untold: user, because: why))
    }

    /// Why a request of this peer cannot be answered.
    static func write(_ error: StoreError, user: [UInt8], by peer: Peer) {
        var line = LogLine("cannot check")
        line.add("reason", "store")
        line.add("user", outside: user)
        line.add("error", sentence: error.text)
        write(line.bytes, LOG_CRIT, by: peer)
    }

    /// Why somebody cannot be served.
    static func write(_ why: String) { SystemLog.write(trouble: why) }
}
