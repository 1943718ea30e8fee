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

    @Test("A file has unsafe code and is not listed, or is listed and has none")
    func unsafeCode() throws {
        var found: Set<String> = []
        for name in try FileManager.default.contentsOfDirectory(atPath: sources) {
            let text = try String(contentsOfFile: "\(sources)/\(name)", encoding: .utf8)
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
