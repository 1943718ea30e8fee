import OTPCore
import OTPStore
import OTPWire

/// The language of this program: the caller's, unless that is root.
enum Speech {
    /// Loaded with the first phrase.
    private static let chosen: (language: Language, catalog: Catalog) = choose()

    /// The phrases of that language.
    static var catalog: Catalog { chosen.catalog }

    /// The language, named after its catalog.
    static var language: Language { chosen.language }

    /// Output for admins is in English, and so is output for a terminal without UTF-8.
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

}

extension Phrase {
    /// The text in this program's language.
    var text: String { text(in: Speech.catalog) }
}
