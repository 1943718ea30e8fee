import Foundation
import Testing

@Suite("The rules of the fleet's store")
struct StoreRulesTests {
    /// The files that border on libpq.
    private static let unsafeFiles: Set = [
        "PostgresAddress.swift", "PostgresConnection.swift", "PostgresConnection+Pair.swift",
        "PostgresResult.swift",
    ]

    private var sources: String {
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        return tests.appendingPathComponent("../../Sources/FleetStore").path
    }

    /// The names of all files, below the folder of sources, and their texts.
    private func files() throws -> [(name: String, text: String)] {
        try FileManager.default.subpathsOfDirectory(atPath: sources)
            .filter { $0.hasSuffix(".swift") }
            .map { name in
                let text = try String(contentsOfFile: "\(sources)/\(name)", encoding: .utf8)
                return (name: name, text: text)
            }
    }

    @Test("Two statements have one name, so that a connection runs the one for the other")
    func statements() throws {
        let names = try files().flatMap { file in
            file.text.matches(of: #/PostgresStatement\(\s*"([a-z ]+)",/#).map { $0.output.1 }
        }
        #expect(names.count > 20 && Set(names).count == names.count, "\(names.sorted())")
    }

    @Test("A file has unsafe code and is not listed, or is listed and has none")
    func unsafeCode() throws {
        var found: Set<String> = []
        for (name, text) in try files() {
            let code = text.split(separator: "\n").filter { !$0.contains("//") }
            #expect(
                !code.contains { $0.contains(#/\btry!|\bas!|fatalError|precondition/#) }, "\(name)")
            guard code.contains(where: { $0.contains(#/(^|[ (&@])unsafe[ (]/#) }) else { continue }
            found.insert(name)
            #expect(text.contains("SAFETY: "), "\(name) names no contract")
        }
        #expect(found == Self.unsafeFiles)
    }
}
