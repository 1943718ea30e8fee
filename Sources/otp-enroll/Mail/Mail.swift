import OTPCore

/// A mail address: a user of this machine (`alice`) or a mailbox elsewhere (`alice@example.com`).
///
/// Far less than RFC 5322 allows: nothing that any mailer could take for several addresses, a
/// comment, an option, a pipe or a file.
struct MailAddress: Equatable, Sendable {
    /// The address, in printable ASCII.
    let text: String

    /// What an address looks like, for error messages.
    static let expectation =
        "use a name of this machine or name@example.com, in ASCII, "
        + "without spaces, commas and quotes"

    private static let maximumLength = 254
    private static let maximumLocalLength = 64
    private static let maximumLabelLength = 63

    /// `nil` if `text` is not an address.
    init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard (1...MailAddress.maximumLength).contains(bytes.count) else { return nil }
        let parts = bytes.split(
            separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
        guard let local = parts.first, MailAddress.isLocal(local) else { return nil }
        switch parts.count {
        case 1: break
        case 2: guard let domain = parts.last, MailAddress.isDomain(domain) else { return nil }
        default: return nil
        }
        self.text = text
    }

    /// The address for a user according to the policy's `pattern`, in which exactly one `%u` stands
    /// for the user's name.
    init(pattern: String, user: User) throws(Failure) {
        let name = String(decoding: user.name, as: UTF8.self)
        guard MailAddress.isLocal(user.name[...]) else {
            throw Failure(
                "there is no mail address for the name \"\(Output.printable(name))\"",
                hint: "give the address with --address")
        }
        let parts = pattern.split(separator: "%", omittingEmptySubsequences: false)
        guard let before = parts.first, let after = parts.last, parts.count == 2,
            after.first == "u", let address = MailAddress("\(before)\(name)\(after.dropFirst())")
        else {
            throw Failure(
                "\"\(Output.printable(pattern))\" is not a pattern for mail addresses",
                hint: "use one such as %u@example.com, where %u stands for the user's name")
        }
        self = address
    }

    /// Words of letters, digits and a few signs, with single dots between them.
    private static func isLocal(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard bytes.count <= maximumLocalLength, bytes.first != UInt8(ascii: "-") else {
            return false
        }
        let signs = Array("_+-=~'".utf8)
        return bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
            .allSatisfy { word in
                !word.isEmpty && word.allSatisfy { isLetterOrDigit($0) || signs.contains($0) }
            }
    }

    /// Labels of letters, digits and hyphens, with single dots between them.
    private static func isDomain(_ bytes: ArraySlice<UInt8>) -> Bool {
        let hyphen = UInt8(ascii: "-")
        return bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
            .allSatisfy { label in
                (1...maximumLabelLength).contains(label.count)
                    && label.first != hyphen && label.last != hyphen
                    && label.allSatisfy { isLetterOrDigit($0) || $0 == hyphen }
            }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}

/// A plain-text mail. It is built completely and checked before any program is started.
struct Mail {
    private let head: [UInt8]

    /// The longest line that a mail may have, in bytes (RFC 5322, 2.1.1).
    private static let maximumLine = 998

    /// A mail to one address.
    init(to address: MailAddress, subject: String) throws(Failure) {
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
                throw Failure("the mail's \(name) line has to be printable ASCII, in one line")
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

    /// The mail as sendmail(1) reads it. `text` is UTF-8 in lines, may contain a secret, and is
    /// wiped. The caller wipes the result.
    func message(_ text: inout [UInt8]) throws(Failure) -> [UInt8] {
        defer { Secret.wipe(&text) }
        let newline = UInt8(ascii: "\n")
        let lines = text.split(separator: newline, omittingEmptySubsequences: false)
        let isText = text.allSatisfy { $0 >= 0x20 && $0 != 0x7f || $0 == newline }
        guard isText, lines.allSatisfy({ $0.count <= Mail.maximumLine }) else {
            throw Failure("the mail's text has control characters or lines that are too long")
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
