import OTPCore

/// The OATH CSV of privacyIDEA: SHA-1 only, and no quotes.
///
/// `serial, key in hex, hotp|totp, digits, counter|period`; if the first line is `# version: 2`,
/// preceded by `user, resolver, realm`.
public enum PrivacyIDEACSV {
    /// Reads the tokens.
    public static func read(_ bytes: Span<UInt8>) -> ImportResult {
        if let complaint = ImportLimits.complaint(about: bytes, limit: ImportLimits.fileSize) {
            return ImportResult(complaint)
        }
        let text = bytes.extracting(Text.start(of: bytes)..<bytes.count)
        var result = ImportResult()
        let hasUsers: Bool
        do throws(Refusal) {
            hasUsers = try version(text) == 2
        } catch {
            return ImportResult(error.sentence)
        }
        result.readLines(of: text) { place, line throws(Refusal) in
            try token(at: place, line, of: text, hasUsers: hasUsers)
        }
        return result
    }

    /// The version in the first line, `# version: N`; 1 if it says nothing.
    private static func version(_ text: Span<UInt8>) throws(Refusal) -> UInt64 {
        var lines = Lines()
        guard let first = lines.next(in: text), !first.isEmpty, text[0] == UInt8(ascii: "#") else {
            return 1
        }
        let comment = Text.trimmed(1..<first.upperBound, in: text)
        let word = "version:".utf8.count
        guard Text.begins(text.extracting(comment), "version:") else { return 1 }
        let value = text.extracting(
            Text.trimmed(comment.lowerBound + word..<comment.upperBound, in: text))
        guard let version = Text.decimal(value), (1...2).contains(version) else {
            throw Refusal("its version is not supported: \(ForeignText.printable(value))")
        }
        return version
    }

    private static func token(
        at place: ImportPlace, _ line: Range<Int>, of text: Span<UInt8>, hasUsers: Bool
    ) throws(Refusal) -> ImportedToken? {
        let most = hasUsers ? 8 : 5
        var reader = CSVReader(hasQuotes: false)
        guard let columns = try reader.next(in: text.extracting(line)) else { return nil }
        let first = hasUsers ? 3 : 0
        guard columns.count >= first + 2 else {
            let needed = hasUsers ? "user, resolver, realm, serial and key" : "serial and key"
            throw Refusal("too few columns: \(needed) are needed")
        }
        guard columns.count <= most else { throw Refusal("more than \(most) columns") }
        let row = Row(columns: columns, first: first)
        var keyText = row[1]
        defer { Secret.wipe(&keyText) }
        let key = try KeyDecoding.hex(keyText.span)
        let kind = try row.kind()
        let digits = try row.number(3, "length of codes") ?? 6
        let last = try row.number(4, kind == .hotp ? "counter" : "period")
        var token = try ImportedToken(
            at: place, kind: kind, digits: digits, period: kind == .totp ? last ?? 30 : 30,
            key: key)
        if kind == .hotp {
            let counter = last ?? 0
            guard counter <= ImportLimits.counter else { throw Refusal("the counter is too high") }
            token.nextStep = counter
        }
        let (serial, owner, realm) = (row[0], columns[0], columns[2])
        token.serial = try ForeignText.field(serial.span, "serial number")
        token.name = token.serial.flatMap { Name($0.bytes) }
        if hasUsers {
            token.owner = try ForeignText.field(owner.span, "user name")
            if !realm.isEmpty {
                let shown = ForeignText.printable(realm.span)
                token.notes.append("the realm is not imported: \(shown)")
            }
        }
        return token
    }

    /// The columns after those of the user; a missing one is empty.
    private struct Row {
        let columns: CSVRow
        let first: Int

        subscript(_ index: Int) -> [UInt8] { columns[first + index] }

        func kind() throws(Refusal) -> Authenticator.Kind {
            let word = self[2]
            if word.isEmpty { return .hotp }
            if word.count == 4, Text.begins(word.span, "hotp") { return .hotp }
            if word.count == 4, Text.begins(word.span, "totp") { return .totp }
            throw Refusal("the type is not supported: \(ForeignText.printable(word.span))")
        }

        func number(_ index: Int, _ what: String) throws(Refusal) -> UInt64? {
            let column = self[index]
            return column.isEmpty ? nil : try Text.number(column.span, what)
        }
    }
}
