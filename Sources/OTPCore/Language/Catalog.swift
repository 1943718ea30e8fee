/// The phrases of a language: a message catalog in the form of msgfmt(1) (GNU gettext manual, "The
/// Format of GNU MO Files").
///
/// A file of another form is rejected, so that the worst a catalog can do is show wrong words.
public struct Catalog: Sendable {
    /// Everything in English.
    public static let english = Catalog()

    /// The largest file that is read, in bytes.
    public static let maximumSize = 1 << 20
    /// The maximum number of messages.
    private static let maximumMessages = 10_000

    private let bytes: [UInt8]
    /// The places of IDs and texts, in the order of the IDs' bytes.
    private let ids: [Range<Int>]
    private let texts: [Range<Int>]
    private let rule: PluralRule

    /// Why bytes are not a catalog of this version.
    public enum Trouble: Error, Equatable {
        /// Truncated, or not in this form.
        case damaged
        /// For another version of swiftotp, or for another program.
        case otherVersion
    }

    private init() { (bytes, ids, texts, rule) = ([], [], [], .english) }

    /// Reads a catalog whose header names this version of swiftotp.
    public init(_ bytes: [UInt8], version: String) throws(Trouble) {
        guard bytes.count <= Catalog.maximumSize else { throw .damaged }
        self.bytes = bytes
        let file = MOFile(bytes: bytes)
        guard let (ids, texts) = file.tables(most: Catalog.maximumMessages) else { throw .damaged }
        (self.ids, self.texts) = (ids, texts)
        for (id, next) in zip(ids, ids.dropFirst()) {
            // Unsorted IDs would not be found.
            guard bytes[id].lexicographicallyPrecedes(bytes[next]) else { throw .damaged }
        }
        guard let first = ids.first, first.isEmpty, let header = texts.first else { throw .damaged }
        let lines = String(decoding: bytes[header], as: UTF8.self).split(separator: "\n")
        func field(_ name: String) -> Substring? {
            lines.first { $0.hasPrefix(name + ": ") }?.dropFirst(name.count + 2)
        }
        guard field("Project-Id-Version").map(String.init) == "swiftotp \(version)" else {
            throw .otherVersion
        }
        guard field("Content-Type")?.lowercased() == "text/plain; charset=utf-8",
            let plural = field("Plural-Forms"), let rule = PluralRule(String(plural))
        else { throw .damaged }
        self.rule = rule
    }

    /// The text for this ID, in the form for `count` if there is a `plural`; `nil` if it is not
    /// translated.
    func find(_ id: String, plural: String?, count: UInt64) -> String? {
        guard !ids.isEmpty else { return nil }
        var wanted = Array(id.utf8)
        if let plural { wanted += [0] + Array(plural.utf8) }
        guard let text = text(of: wanted) else { return nil }
        guard plural != nil else { return Catalog.string(text) }
        let forms = text.split(separator: 0, omittingEmptySubsequences: false)
        let form = rule.form(for: count)
        guard forms.count == rule.forms, forms.indices.contains(form) else { return nil }
        return Catalog.string(forms[form])
    }

    /// The number of messages, without the header.
    public var count: Int { max(0, ids.count - 1) }

    private func text(of id: [UInt8]) -> ArraySlice<UInt8>? {
        var (low, high) = (0, ids.count)
        while low < high {
            let middle = low + (high - low) / 2
            let there = bytes[ids[middle]]
            if there.elementsEqual(id) { return bytes[texts[middle]] }
            if there.lexicographicallyPrecedes(id) { low = middle + 1 } else { high = middle }
        }
        return nil
    }

    private static func string(_ text: ArraySlice<UInt8>) -> String? {
        text.isEmpty ? nil : String(validating: text, as: UTF8.self)
    }

    /// Whether a text contains nothing that could control a terminal or change the writing
    /// direction.
    static func isPlain(_ text: String) -> Bool {
        !text.unicodeScalars.contains(where: \.isSteering)
    }
}

/// The tables of a MO file.
private struct MOFile {
    let bytes: [UInt8]

    private static let magic: UInt32 = 0x9504_12de

    /// The places of IDs and texts; `nil` if any of them is outside the file.
    func tables(most: Int) -> (ids: [Range<Int>], texts: [Range<Int>])? {
        guard let magic = number(at: 0, isSwapped: false) else { return nil }
        guard magic == MOFile.magic || magic.byteSwapped == MOFile.magic else { return nil }
        let isSwapped = magic != MOFile.magic
        guard let revision = number(at: 4, isSwapped: isSwapped), revision >> 16 <= 1,
            let count = number(at: 8, isSwapped: isSwapped), count <= most,
            let ids = number(at: 12, isSwapped: isSwapped),
            let texts = number(at: 16, isSwapped: isSwapped),
            let idTable = table(at: ids, count: Int(count), isSwapped),
            let textTable = table(at: texts, count: Int(count), isSwapped)
        else { return nil }
        return (idTable, textTable)
    }

    private func table(at start: UInt32, count: Int, _ isSwapped: Bool) -> [Range<Int>]? {
        var ranges: [Range<Int>] = []
        ranges.reserveCapacity(count)
        for index in 0..<count {
            let place = Int(start) + 8 * index
            guard let length = number(at: place, isSwapped: isSwapped).map(Int.init),
                let offset = number(at: place + 4, isSwapped: isSwapped).map(Int.init),
                offset + length <= bytes.count
            else { return nil }
            ranges.append(offset..<offset + length)
        }
        return ranges
    }

    /// A four-byte number, little-endian unless swapped.
    private func number(at place: Int, isSwapped: Bool) -> UInt32? {
        guard place >= 0, place + 4 <= bytes.count else { return nil }
        let value = (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[place + $1]) << (8 * UInt32($1)) }
        return isSwapped ? value.byteSwapped : value
    }
}
