import Foundation
import TestSupport
import Testing

@testable import OTPCore
@testable import OTPStore

/// The project's catalogs, as installed.
@Suite("The languages there are")
struct CatalogFileTests {
    private static let languages = ["de", "es", "fr", "nb", "nl", "pl", "sv"]

    private static let version: String = {
        let source = try? Project.text("Sources/OTPWire/Version.swift")
        return source?.firstMatch(of: #/number = "(.*)"/#).map { String($0.1) } ?? ""
    }()

    private func catalog(_ name: String) throws -> Catalog {
        let language = try #require(Language(name.utf8))
        return try CatalogFile.find(language, version: Self.version).catalog
    }

    @Test("A language is incomplete, or a message does not fit a terminal of 80 columns")
    func messages() throws {
        let template = try POTemplate(Project.text("po/swiftotp.pot"))
        #expect(template.messages.count > 200)
        for name in Self.languages {
            let catalog = try catalog(name)
            #expect(catalog.count == template.messages.count, "\(name)")
            for message in template.messages {
                for count: UInt64 in message.plural == nil ? [1] : [0, 1, 2, 3, 5, 12, 22, 1000] {
                    let found = catalog.find(message.id, plural: message.plural, count: count)
                    let comment = Comment(rawValue: "\(name): \(message.id)")
                    let text = try #require(found, comment)
                    let wanted = Template(message.plural ?? message.id).numbers
                    #expect(Template(checking: text)?.numbers == wanted, comment)
                    #expect(Catalog.isPlain(text), comment)
                    // Wrapped texts can be wrapped, and questions leave room for the answer.
                    let words = text.split(separator: " ")
                    #expect(words.allSatisfy { Columns.count($0) <= 60 }, comment)
                    if message.id.hasSuffix(":") || message.id.hasSuffix(": ") {
                        #expect(Columns.count(text) <= 80, comment)
                    }
                    #expect(text.hasSuffix(" ") == message.id.hasSuffix(" "), comment)
                }
            }
        }
    }

    @Test("A language is not found where packages install it")
    func found() throws {
        let there = CatalogFile.languages.map(\.name)
        #expect(Set(Self.languages + ["en"]).isSubset(of: there) && there == there.sorted())
        let swiss = try #require(Language("de_CH".utf8))
        #expect(try CatalogFile.find(swiss, version: Self.version).language.name == "de")
        let klingon = try #require(Language("tlh".utf8))
        #expect(throws: StoreError(.missing, [], "")) {
            try CatalogFile.find(klingon, version: Self.version)
        }
        #expect(throws: StoreError(.damaged, [], "")) {
            try CatalogFile.find(swiss, version: "0.0.1")
        }
    }
}

/// The messages of a template (GNU gettext manual, "The Format of PO Files").
private struct POTemplate {
    struct Message {
        var id: String
        var plural: String?
    }

    private(set) var messages: [Message] = []

    init(_ text: String) throws {
        for block in text.split(separator: "\n\n").dropFirst() {
            var message = Message(id: "")
            for line in block.split(separator: "\n") {
                if line.hasPrefix("msgid ") {
                    message.id = try POTemplate.string(line.dropFirst(6))
                }
                if line.hasPrefix("msgid_plural ") {
                    message.plural = try POTemplate.string(line.dropFirst(13))
                }
            }
            messages.append(message)
        }
    }

    /// A quoted string, which JSON writes in the same way.
    private static func string(_ quoted: Substring) throws -> String {
        try JSONDecoder().decode(String.self, from: Data(quoted.utf8))
    }
}
