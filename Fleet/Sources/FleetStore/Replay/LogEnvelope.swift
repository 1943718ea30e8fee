/// What a log puts before what a program has written: when, on which machine, and by which program.
///
///     Nov 30 08:15:00 web1 sshd[7]: words
struct LogEnvelope {
    /// `nil` if the line is in no form that is known.
    private(set) var time: LogTime?
    /// `nil` if the log does not say.
    private(set) var machine: ArraySlice<UInt8>?
    /// The program's name; `nil` if the line is in no form that is known.
    private(set) var program: ArraySlice<UInt8>?
    /// What the program has written; all of the line if it is in no form that is known.
    private(set) var message: ArraySlice<UInt8>

    /// `now`, in Unix seconds, is for times without a year.
    init(_ line: ArraySlice<UInt8>, now: UInt64) {
        message = line
        var cursor = LogCursor(line)
        LogEnvelope.skipPriority(&cursor)
        guard let time = LogTime(&cursor, now: now) else { return }
        let colon = UInt8(ascii: ":")
        var (machine, word) = (ArraySlice<UInt8>?.none, cursor.word())
        // A machine may be named by an address that ends with colons.
        if word.last != colon || word.dropLast().contains(colon) {
            machine = word
            word = cursor.word()
        }
        guard word.last == colon else { return }
        cursor.skip { $0 == LogCursor.blank }
        (self.time, self.machine) = (time, machine)
        program = word.dropLast().prefix { $0 != UInt8(ascii: "[") }
        message = cursor.rest
    }

    /// Whether a logger says that it has left out lines, because there were too many.
    var isAboutLoss: Bool {
        guard let program else { return false }
        if program.elementsEqual("rsyslogd".utf8) {
            return message.firstRange(of: "due to rate-limiting".utf8) != nil
        }
        return program.elementsEqual("systemd-journald".utf8)
            && message.starts(with: "Suppressed ".utf8)
    }

    /// `<86>`, which a log may keep from the protocol of syslog.
    private static func skipPriority(_ cursor: inout LogCursor) {
        var ahead = cursor
        guard ahead.take(UInt8(ascii: "<")) else { return }
        for _ in 0..<3 { _ = ahead.number(1) }
        if ahead.take(UInt8(ascii: ">")) { cursor = ahead }
    }
}
