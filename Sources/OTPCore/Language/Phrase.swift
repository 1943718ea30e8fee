/// A message for a user: English sentences with gaps, which a catalog may translate.
///
/// `Phrase("\(name) is not enrolled.")` has the message ID `{1} is not enrolled.`. `po/extract`
/// finds it by the literal after `Phrase(`, and only a literal makes one.
public struct Phrase: Equatable, Sendable {
    private var sentences: [Sentence]

    /// A text that does not depend on a number.
    public init(_ words: Words) {
        sentences = [Sentence(id: words.text, plural: nil, gaps: words.gaps)]
    }

    /// A text that depends on `count`: English has these two forms, other languages as many as
    /// their catalogs say. Both have the same gaps.
    public init(_ count: some BinaryInteger, one: Words, other: Words) {
        let plural = Plural(other: other.text, count: UInt64(clamping: count))
        sentences = [Sentence(id: one.text, plural: plural, gaps: other.gaps)]
    }

    /// One after the other, separated by a space; the second may be missing.
    public static func + (left: Phrase, right: Phrase?) -> Phrase {
        var both = left
        both.sentences += right?.sentences ?? []
        return both
    }

    /// The text in the catalog's language; in English if it is not translated.
    public func text(in catalog: Catalog) -> String {
        sentences.map { $0.text(in: catalog) }.joined(separator: " ")
    }

    /// The text in English.
    public var english: String { text(in: .english) }

    /// The contents of a gap.
    public enum Gap: Equatable, Sendable {
        case text(String)
        case phrase(Phrase)

        fileprivate func text(in catalog: Catalog) -> String {
            switch self {
            case .text(let text): text
            case .phrase(let phrase): phrase.text(in: catalog)
            }
        }
    }

    private struct Plural: Equatable, Codable {
        let other: String
        let count: UInt64
    }

    private struct Sentence: Equatable, Codable {
        /// The message ID: the English text, for a count of 1 if it depends on one.
        let id: String
        let plural: Plural?
        let gaps: [Gap]

        func text(in catalog: Catalog) -> String {
            let english = plural.map { $0.count == 1 ? id : $0.other } ?? id
            let template = translation(in: catalog) ?? Template(english)
            return template.filled(with: gaps.map { $0.text(in: catalog) })
        }

        /// `nil` if there is none. A text with other gaps, or unsafe for a terminal, is none.
        private func translation(in catalog: Catalog) -> Template? {
            guard
                let found = catalog.find(id, plural: plural?.other, count: plural?.count ?? 1),
                Catalog.isPlain(found), let template = Template(checking: found),
                template.numbers == Template(plural?.other ?? id).numbers
            else { return nil }
            return template
        }
    }
}

extension Phrase {
    /// A literal with gaps.
    public struct Words: ExpressibleByStringInterpolation, Sendable {
        fileprivate let text: String
        fileprivate let gaps: [Gap]

        public init(stringLiteral text: String) { (self.text, gaps) = (text, []) }

        public init(stringInterpolation parts: Interpolation) {
            (text, gaps) = (parts.text, parts.gaps)
        }

        /// Collects the text between the literal's gaps, and their contents.
        public struct Interpolation: StringInterpolationProtocol {
            fileprivate var text = ""
            fileprivate var gaps: [Gap] = []

            public init(literalCapacity: Int, interpolationCount: Int) {
                text.reserveCapacity(literalCapacity + 3 * interpolationCount)
            }

            public mutating func appendLiteral(_ literal: String) { text += literal }

            public mutating func appendInterpolation(_ value: String) { append(.text(value)) }

            public mutating func appendInterpolation(_ value: some BinaryInteger) {
                append(.text("\(value)"))
            }

            public mutating func appendInterpolation(_ value: Phrase) { append(.phrase(value)) }

            private mutating func append(_ gap: Gap) {
                gaps.append(gap)
                text += "{\(gaps.count)}"
            }
        }
    }
}

// As a fleet's server sends it: the message IDs and the contents of the gaps, so that the host
// translates. A gap is a text, or a list of sentences.
extension Phrase: Codable {
    public init(from decoder: any Decoder) throws {
        sentences = try decoder.singleValueContainer().decode([Sentence].self)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(sentences)
    }
}

extension Phrase.Gap: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let text = try? container.decode(String.self) {
            self = .text(text)
        } else {
            self = .phrase(try container.decode(Phrase.self))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .text(let text): try container.encode(text)
        case .phrase(let phrase): try container.encode(phrase)
        }
    }
}
