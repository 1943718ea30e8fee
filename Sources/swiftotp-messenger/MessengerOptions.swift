import OTPCore
import OTPStore
import OTPWire

/// What root configures in swiftotp-messenger.conf. It is read again for each message, so that a
/// change counts at once.
struct MessengerOptions {
    /// What sends each kind of message; none if root wants none.
    var programs: [MessageDocument.Kind: MessageProgram] = [:]
    /// How long a program may take, in seconds.
    var timeout: Int64 = 30
    /// How long to wait after the first failure, in seconds; the next waits are longer.
    var retry: Int64 = 30
    /// How many messages may wait.
    var queue: Int64 = 1000

    static let defaultPath = Array("/etc/security/swiftotp-messenger.conf".utf8)

    /// One option: its name, what it takes, and where that goes.
    private enum Key: String, CaseIterable {
        case mail, sms, timeout, retry, queue
    }

    /// The options from the file at `path`, or from the default one, which may be missing.
    static func read(_ path: [UInt8]?) throws(StoreError) -> MessengerOptions {
        let file = path ?? defaultPath
        var options = MessengerOptions()
        options.programs[.mail] = MessageProgram("/usr/sbin/sendmail -i -- {to}")
        guard let contents = try RootFile.contents(file) else {
            guard path == nil else { throw StoreError(.missing, file, "it does not exist") }
            return options
        }
        var seen: Set<Key> = []
        let lines = String(decoding: contents, as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            if let wrong = options.take(line, &seen) {
                throw StoreError(
                    .configuration, file + Array(" line \(index + 1)".utf8), wrong)
            }
        }
        return options
    }

    /// Takes one line; what is wrong with it.
    private mutating func take(_ line: Substring, _ seen: inout Set<Key>) -> String? {
        let text = MessengerOptions.trimmed(line)
        guard let first = text.first, first != "#" else { return nil }
        guard let equals = text.firstIndex(of: "=") else { return "not of the form `key = value`" }
        let name = MessengerOptions.trimmed(text[..<equals])
        let value = MessengerOptions.trimmed(text[text.index(after: equals)...])
        guard let key = Key(rawValue: String(name)) else { return "there is no such option" }
        guard seen.insert(key).inserted else { return "`\(key.rawValue)` is given twice" }
        switch key {
        case .mail: return take(value, for: .mail)
        case .sms: return take(value, for: .sms)
        case .timeout: return take(value, in: 1...300, unit: "s", key) { $0.timeout = $1 }
        case .retry: return take(value, in: 1...900, unit: "s", key) { $0.retry = $1 }
        case .queue: return take(value, in: 1...10_000, unit: "", key) { $0.queue = $1 }
        }
    }

    private mutating func take(_ value: Substring, for kind: MessageDocument.Kind) -> String? {
        guard value != "none" else {
            programs[kind] = nil
            return nil
        }
        guard let program = MessageProgram(value) else {
            return
                "`\(kind.rawValue)` takes the absolute path of a program and its arguments, with "
                + "{to} in one of them, or none"
        }
        programs[kind] = program
        return nil
    }

    private mutating func take(
        _ value: Substring, in range: ClosedRange<Int64>, unit: String, _ key: Key,
        _ set: (inout MessengerOptions, Int64) -> Void
    ) -> String? {
        let digits = value.dropLast(unit.count)
        guard value.hasSuffix(unit), (1...5).contains(digits.count),
            digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let number = Int64(digits), range.contains(number)
        else {
            return
                "`\(key.rawValue)` takes \(range.lowerBound)\(unit) to \(range.upperBound)\(unit)"
        }
        set(&self, number)
        return nil
    }

    private static func trimmed(_ text: Substring) -> Substring {
        func isBlank(_ character: Character) -> Bool { " \t\r".contains(character) }
        let start = text.drop(while: isBlank)
        guard let last = start.lastIndex(where: { !isBlank($0) }) else { return "" }
        return start[...last]
    }
}
