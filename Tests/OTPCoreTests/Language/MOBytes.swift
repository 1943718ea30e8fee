@testable import OTPCore

/// A catalog's bytes as msgfmt(1) would make them, except for what a test has broken.
struct MOBytes {
    var header = [
        "Project-Id-Version: swiftotp 1.0", "Content-Type: text/plain; charset=UTF-8",
        "Plural-Forms: nplurals=2; plural=(n != 1);",
    ]
    /// IDs and texts; a NUL separates plural forms.
    var messages: [(id: String, text: String)] = []
    var isSwapped = false

    init(_ messages: (id: String, text: String)...) { self.messages = messages }

    var bytes: [UInt8] {
        let all = [(id: "", text: header.joined(separator: "\n") + "\n")] + messages
        let sorted = all.sorted { $0.id.utf8.lexicographicallyPrecedes($1.id.utf8) }
        let tables = 28 + 16 * sorted.count
        var (ids, texts, data): ([UInt32], [UInt32], [UInt8]) = ([], [], [])
        for text in sorted.map(\.id) {
            ids += [UInt32(text.utf8.count), UInt32(tables + data.count)]
            data += Array(text.utf8) + [0]
        }
        for text in sorted.map(\.text) {
            texts += [UInt32(text.utf8.count), UInt32(tables + data.count)]
            data += Array(text.utf8) + [0]
        }
        let count = UInt32(sorted.count)
        let numbers = [0x9504_12de, 0, count, 28, 28 + 8 * count, 0, 28] + ids + texts
        return numbers.flatMap { number in
            withUnsafeBytes(of: isSwapped ? number.bigEndian : number.littleEndian) { Array($0) }
        } + data
    }

    func catalog() throws(Catalog.Trouble) -> Catalog { try Catalog(bytes, version: "1.0") }
}
