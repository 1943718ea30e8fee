/// A language, named as in gettext: `sv`, `nb`, `pt_BR`.
public struct Language: Equatable, Sendable {
    /// The name in lower-case letters, with an optional country.
    public let name: String

    /// The language of the source texts.
    public static let english = Language(unchecked: "en")

    /// The longest name, in bytes.
    public static let maximumLength = 6

    /// `nil` for an invalid name: it has two or three letters, and a country two.
    public init?(_ name: some Sequence<UInt8>) {
        let bytes = Array(name)
        let parts = bytes.split(separator: UInt8(ascii: "_"), omittingEmptySubsequences: false)
        guard let letters = parts.first, (2...3).contains(letters.count), parts.count <= 2,
            letters.allSatisfy({ (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) })
        else { return nil }
        if let country = parts.dropFirst().first {
            guard country.count == 2,
                country.allSatisfy({ (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) })
            else { return nil }
        }
        self.name = String(decoding: bytes, as: UTF8.self)
    }

    private init(unchecked name: String) { self.name = name }

    /// Whether no catalog is needed.
    public var isEnglish: Bool { name == "en" || name.hasPrefix("en_") }

    /// The names under which to look for its catalog, the best one first.
    public var candidates: [Language] {
        var names = [self]
        if let bare = Language(name.utf8.prefix { $0 != UInt8(ascii: "_") }), bare != self {
            names.append(bare)
        }
        // `no` meant this before Bokmål and Nynorsk had their own names.
        if name.utf8.starts(with: "no".utf8), name.utf8.count == 2 || name.contains("_") {
            names.append(Language(unchecked: "nb"))
        }
        return names
    }

    /// The languages requested by an environment, the best one first, as gettext(3) reads it:
    /// `LANGUAGE` counts only with a locale other than `C`.
    public static func wished(by variable: (String) -> String?) -> [Language] {
        let locale = ["LC_ALL", "LC_MESSAGES", "LANG"]
            .compactMap { variable($0) }.first { !$0.isEmpty }
        guard let locale, let language = Language(locale: locale) else { return [] }
        let list = (variable("LANGUAGE") ?? "").split(separator: ":")
            .compactMap { Language(locale: String($0)) }
        return list.isEmpty ? [language] : list
    }

    /// The language of a locale such as `pl_PL.UTF-8`; `nil` for `C` and for invalid names.
    private init?(locale: String) {
        self.init(locale.utf8.prefix { $0 != UInt8(ascii: ".") && $0 != UInt8(ascii: "@") })
    }
}
