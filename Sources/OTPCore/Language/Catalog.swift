/// The phrases of a language: a message catalog as msgfmt(1) makes it (GNU gettext manual, "The
/// Format of GNU MO Files").
///
/// A file that is not one is no catalog, so that nothing in it can do more than be wrong words.
public struct Catalog: Sendable {
    /// Everything in English.
    public static let english = Catalog()

    /// The largest file that is read, in bytes.
    public static let maximumSize = 1 << 20
    /// The most messages in one.
    private static let maximumMessages = 10_000

    private let bytes: [UInt8]
    /// Where ids and texts lie, in the order of the ids' bytes.
    private let ids: [Range<Int>]
    private let texts: [Range<Int>]
    private let rule: PluralRule

    /// Why bytes are no catalog of this version.
    public enum Trouble: Error, Equatable {
        /// It is cut, or not of this form.
        case damaged
        /// It is of another version of swiftotp, or of another program.
        case otherVersion
    }

    private init() { (bytes, ids, texts, rule) = ([], [], [], .english) }

    /// Reads a catalog whose header says that it is of this version of swiftotp.
    public init(_ bytes: [UInt8], version: String) throws(Trouble) {
        guard bytes.count <= Catalog.maximumSize else { throw .damaged }
        self.bytes = bytes
        let file = MOFile(bytes: bytes)
        guard let (ids, texts) = file.tables(most: Catalog.maximumMessages) else { throw .damaged }
        (self.ids, self.texts) = (ids, texts)
        for (id, next) in zip(ids, ids.dropFirst()) {
            // Sorted, or nothing is found in it.
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

    /// The text for this id, in the form that `count` takes where there is a `plural`; `nil` where
    /// it is not translated.
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

    /// How many messages there are, the header left out.
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

    /// Whether a text has nothing that could steer a terminal, or turn the direction of writing.
    static func isPlain(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy { scalar in
            switch scalar.value {
            case 0x00...0x1f, 0x7f...0x9f: false
            case 0x061c, 0x200b...0x200f, 0x2028...0x202e, 0x2060...0x206f, 0xfeff: false
            default: true
            }
        }
    }
}

/// The tables of a MO file.
private struct MOFile {
    let bytes: [UInt8]

    private static let magic: UInt32 = 0x9504_12de

    /// Where ids and texts lie; `nil` where anything of it is outside the file.
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

    /// A number of four bytes, little-endian unless swapped.
    private func number(at place: Int, isSwapped: Bool) -> UInt32? {
        guard place >= 0, place + 4 <= bytes.count else { return nil }
        let value = (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[place + $1]) << (8 * UInt32($1)) }
        return isSwapped ? value.byteSwapped : value
    }
}
