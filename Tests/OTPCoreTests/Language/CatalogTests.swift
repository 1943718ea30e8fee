import Testing

@testable import OTPCore

@Suite("Catalogs")
struct CatalogTests {
    private let file = MOBytes(("Bad.", "Schlecht."), ("Good.", "Gut."))

    @Test("A catalog in one of the byte orders is not read", arguments: [false, true])
    func orders(_ isSwapped: Bool) throws {
        var file = file
        file.isSwapped = isSwapped
        let catalog = try file.catalog()
        #expect(catalog.find("Good.", plural: nil, count: 1) == "Gut.")
        #expect(catalog.find("Bad.", plural: nil, count: 1) == "Schlecht.")
        #expect(catalog.find("Other.", plural: nil, count: 1) == nil)
        #expect(catalog.find("", plural: nil, count: 1)?.hasPrefix("Project") == true)
    }

    @Test("A catalog of another version, program or encoding is accepted")
    func headers() {
        func trouble(_ change: (inout [String]) -> Void) -> Catalog.Trouble? {
            var file = file
            change(&file.header)
            do throws(Catalog.Trouble) {
                _ = try file.catalog()
                return nil
            } catch {
                return error
            }
        }
        #expect(trouble { _ in } == nil)
        #expect(trouble { $0[0] = "Project-Id-Version: swiftotp 1.0.1" } == .otherVersion)
        #expect(trouble { $0[0] = "Project-Id-Version: coreutils 1.0" } == .otherVersion)
        #expect(trouble { $0.removeFirst() } == .otherVersion)
        #expect(trouble { $0[1] = "Content-Type: text/plain; charset=ISO-8859-2" } == .damaged)
        #expect(trouble { $0[2] = "Plural-Forms: nplurals=2; plural=(n" } == .damaged)
        #expect(trouble { $0.removeLast() } == .damaged)
    }

    @Test("A truncated or changed catalog crashes the program")
    func damaged() {
        let whole = file.bytes
        for length in 0..<whole.count {
            // After the last text there is only its NUL.
            if length < whole.count - 1 {
                #expect(throws: Catalog.Trouble.self) {
                    try Catalog(Array(whole[..<length]), version: "1.0")
                }
            }
            for value in [UInt8](arrayLiteral: 0, 1, 0x7f, 0xff) {
                var changed = whole
                changed[length] = value
                let catalog = try? Catalog(changed, version: "1.0")
                _ = catalog?.find("Good.", plural: "Bad.", count: 3)
            }
        }
        #expect(throws: Catalog.Trouble.damaged) { try Catalog([], version: "1.0") }
    }

    @Test("A catalog with unsorted messages is accepted")
    func order() {
        var bytes = file.bytes
        // The IDs' table: the header's, `Bad.`, `Good.`.
        let (bad, good) = (28 + 8, 28 + 16)
        for offset in 0..<8 { bytes.swapAt(bad + offset, good + offset) }
        #expect(throws: Catalog.Trouble.damaged) { try Catalog(bytes, version: "1.0") }
    }
}
