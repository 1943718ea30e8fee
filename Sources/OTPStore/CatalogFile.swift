import Glibc
import OTPCore

/// A catalog, at the place where packages install it.
public struct CatalogFile {
    /// The language under whose name it was found.
    public let language: Language
    public let catalog: Catalog

    /// The folder of all languages.
    private static let folder = "/usr/share/locale"

    private static func path(of language: Language) -> [UInt8] {
        Array("\(folder)/\(language.name)/LC_MESSAGES/swiftotp.mo".utf8)
    }

    /// The catalog of `language`, or of the language without its country, made for this version of
    /// swiftotp.
    public static func find(
        _ language: Language, version: String
    ) throws(StoreError) -> CatalogFile {
        if language.isEnglish { return CatalogFile(language: .english, catalog: .english) }
        for candidate in language.candidates where !System.isMissing(path(of: candidate)) {
            let catalog = try read(path(of: candidate), version: version)
            return CatalogFile(language: candidate, catalog: catalog)
        }
        throw StoreError(.missing, path(of: language), "there is no catalog of this language")
    }

    /// The phrases of `language`, or the English ones if there is no catalog of it.
    public static func catalog(of language: Language, version: String) -> Catalog {
        (try? find(language, version: version))?.catalog ?? .english
    }

    /// The languages with a catalog here, including English, in the order of their names.
    public static var languages: [Language] {
        let names = (try? System.entries(of: SafeOpen.directory(Array(folder.utf8)))) ?? []
        let others = names.compactMap { Language($0) }
            .filter { !$0.isEnglish && !System.isMissing(path(of: $0)) }
        return ([.english] + others).sorted { $0.name < $1.name }
    }

    private static func read(_ path: [UInt8], version: String) throws(StoreError) -> Catalog {
        let file = try SafeOpen.file(path, O_RDONLY)
        let status = try SafeOpen.check(file, path: path, forbidden: 0o022)
        guard status.size <= Catalog.maximumSize else {
            throw StoreError(.damaged, path, "it is larger than 1 MiB")
        }
        let bytes = try SafeOpen.read(file, count: Int(status.size), path: path)
        do throws(Catalog.Trouble) {
            return try Catalog(bytes, version: version)
        } catch {
            switch error {
            case .damaged: throw StoreError(.damaged, path, "it is not a whole catalog")
            case .otherVersion:
                throw StoreError(.damaged, path, "it is not of version \(version)")
            }
        }
    }
}
