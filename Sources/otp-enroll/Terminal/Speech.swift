import OTPCore
import OTPStore
import OTPWire

/// The language that this program speaks: the caller's, where that is not root.
enum Speech {
    /// Loaded when the first phrase is said.
    private static let chosen: (language: Language, catalog: Catalog) = choose()

    /// The phrases of the language.
    static var catalog: Catalog { chosen.catalog }

    /// The language, by the name of its catalog.
    static var language: Language { chosen.language }

    /// What admins read is in English. So is what a terminal without UTF-8 shows.
    private static func choose() -> (Language, Catalog) {
        let english = (Language.english, Catalog.english)
        guard !Machine.isRoot, Machine.speaksUTF8 else { return english }
        for language in Language.wished(by: { Machine.environment($0) }) {
            if language.isEnglish { return english }
            do throws(StoreError) {
                let found = try CatalogFile.find(language, version: Version.number)
                return (found.language, found.catalog)
            } catch {
                guard error.code != .missing else { continue }
                Output.note("warning: \(Output.printable(error.text)); going on in English")
                return english
            }
        }
        return english
    }

    /// The catalog of somebody's own language; English where there is none.
    static func catalog(of name: String?) -> Catalog {
        guard let language = name.flatMap({ Language($0.utf8) }),
            let found = try? CatalogFile.find(language, version: Version.number)
        else { return .english }
        return found.catalog
    }
}

extension Phrase {
    /// The text in the language that this program speaks.
    var text: String { text(in: Speech.catalog) }
}
