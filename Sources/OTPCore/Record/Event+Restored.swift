// The detail of `restored`: the day of the backup, if it came from one, and what has ended.

extension Event {
    /// What counted until a restore and has to be replaced, by its word in the detail.
    public enum Ended: String, Equatable, Sendable {
        case backupCodes = "codes"
        case temporaryCode = "temporary code"
        /// A token that counts waits for a resync.
        case counter = "token"
    }

    /// The same event, which says as well what has ended.
    public func ending(_ ended: [Ended]) -> Event {
        let parts = [detail] + ended.map { Array($0.rawValue.utf8) }
        let text = parts.filter { !$0.isEmpty }.joined(separator: ", ".utf8)
        return Event(kind, at: time, detail: Array(text), origin: origin)
    }

    /// What it is about, as text: the detail, of a restore the day of the backup.
    var subject: String {
        guard kind == .restored else { return String(decoding: detail, as: UTF8.self) }
        // No word for what has ended begins with a digit.
        guard let first = detail.first, (0x30...0x39).contains(first) else { return "" }
        return words.first ?? ""
    }

    /// What has ended with a restore.
    var ended: [Ended] {
        kind == .restored ? words.compactMap { Ended(rawValue: $0) } : []
    }

    private var words: [String] {
        detail.split(separator: UInt8(ascii: ",")).map { word in
            String(decoding: word.drop { $0 == UInt8(ascii: " ") }, as: UTF8.self)
        }
    }
}
