/// A plain-text mail, as sendmail(1) reads it. It is built completely and checked before it is handed
/// on.
public struct Mail {
    /// Something in it that mailers could take for something else.
    public struct Problem: Error, Equatable {
        /// What is wrong, in one clause.
        public let detail: String
    }

    private let head: [UInt8]

    /// The longest line that a mail may have, in bytes (RFC 5322, 2.1.1).
    private static let maximumLine = 998

    /// A mail to one address.
    public init(to address: MailAddress, subject: String) throws(Problem) {
        var head: [UInt8] = []
        let fields: KeyValuePairs = [
            "To": address.text,
            "Subject": Mail.encoded(subject),
            // Robots should not answer it, and filters should not take it for a person's (RFC
            // 3834).
            "Auto-Submitted": "auto-generated",
            "MIME-Version": "1.0",
            "Content-Type": "text/plain; charset=utf-8",
            "Content-Transfer-Encoding": "8bit",
        ]
        for (name, value) in fields {
            // A line break here would begin a header of somebody else's.
            guard value.utf8.allSatisfy({ (0x20...0x7e).contains($0) }),
                name.utf8.count + 2 + value.utf8.count <= Mail.maximumLine
            else {
                throw Problem(
                    detail: "the mail's \(name) line has to be printable ASCII, in one line")
            }
            head += Array("\(name): \(value)\n".utf8)
        }
        head.append(UInt8(ascii: "\n"))
        self.head = head
    }

    /// A subject in the form of a header: text other than printable ASCII in encoded words of at
    /// most 75 characters, each with whole characters (RFC 2047).
    static func encoded(_ subject: String) -> String {
        guard !subject.utf8.allSatisfy({ (0x20...0x7e).contains($0) }) else { return subject }
        var words: [[UInt8]] = [[]]
        for scalar in subject.unicodeScalars {
            let bytes = Array(String(scalar).utf8)
            if let last = words.last, last.count + bytes.count > 45 { words.append([]) }
            words[words.count - 1] += bytes
        }
        return words.map {
            "=?UTF-8?B?\(String(decoding: Base64.encode($0.span, isPadded: true), as: UTF8.self))?="
        }
        .joined(separator: " ")
    }

    /// The whole mail. `text` is UTF-8 in lines, may contain a secret, and is wiped. The caller wipes
    /// the result.
    public func message(_ text: inout [UInt8]) throws(Problem) -> [UInt8] {
        defer { Secret.wipe(&text) }
        let newline = UInt8(ascii: "\n")
        let lines = text.split(separator: newline, omittingEmptySubsequences: false)
        let isText = text.allSatisfy { $0 >= 0x20 && $0 != 0x7f || $0 == newline }
        guard isText, lines.allSatisfy({ $0.count <= Mail.maximumLine }) else {
            throw Problem(
                detail: "the mail's text has control characters or lines that are too long")
        }
        var message: [UInt8] = []
        // In one piece, so that growing leaves no copy of the text behind.
        message.reserveCapacity(head.count + text.count + 1)
        message.append(copying: head.span)
        message.append(copying: text.span)
        if text.last != newline { message.append(newline) }
        return message
    }
}
