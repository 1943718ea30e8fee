import FoundationEssentials
import OTPWire

extension Ledger.Contents {
    private static let version = 1

    private struct Document: Codable {
        var version: Int
        var ledger: Ledger.Contents
    }

    /// The text of the file.
    var text: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let document = Document(version: Ledger.Contents.version, ledger: self)
        return (try? encoder.encode(document)).map { String(decoding: $0, as: UTF8.self) + "\n" }
            ?? ""
    }

    /// `nil` for anything that `text` does not write.
    init?(text: String) {
        guard let document = try? JSONDecoder().decode(Document.self, from: Data(text.utf8)),
            document.version == Ledger.Contents.version, document.ledger.first >= 1,
            document.ledger.users.values.allSatisfy({ $0.next >= 1 })
        else { return nil }
        self = document.ledger
    }
}
