import Foundation
import TestSupport
import Testing

/// The places of source files: files are named after their contents, and no folder of the core
/// needs one that is above it.
@Suite("Files and folders of the sources")
struct FolderTests {
    /// A source file without its comments and strings.
    private struct Source {
        /// The path in the project.
        let path: String
        let code: String

        var folder: String { path.split(separator: "/").dropLast().last.map(String.init) ?? "" }
        /// The file's name up to a `+`.
        var title: String {
            let name = path.split(separator: "/").last ?? ""
            return String(name.prefix { $0 != "+" && $0 != "." })
        }

        /// The types declared at the left margin.
        var types: [String] {
            code.matches(
                of: #/(?m)^(?:\w+ )*(?:enum|struct|class|protocol|typealias) (\w+)/#
            ).map { String($0.1) }
        }

        var extended: [String] {
            code.matches(of: #/(?m)^extension (\w+)/#).map { String($0.1) }
        }

        /// Words that may be names of types, without members of others.
        var words: Set<String> {
            Set(code.matches(of: #/(^|[^.\w])([A-Z]\w*)/#).map { String($0.2) })
        }
    }

    private static func sources(below folder: String) throws -> [Source] {
        try Project.files(below: "Sources\(folder)", ending: ".swift").map { path in
            Source(
                path: path,
                code: try Project.text(path).replacing(#///[^\n]*/#, with: "")
                    .replacing(#/"(?:\\.|[^"\\\n])*"/#, with: ""))
        }
    }

    /// From bottom to top.
    private static let core = [
        "Bytes", "Language", "Ports", "Codes", "Record", "Verify", "Words", "Options", "Enroll",
        "Login",
    ]

    @Test("A folder of OTPCore uses one above it: Bytes, Ports, Codes, Record, ... Login")
    func upwards() throws {
        let sources = try Self.sources(below: "/OTPCore")
        try #require(sources.count > 50)
        let level = Dictionary(uniqueKeysWithValues: zip(Self.core, 0...))
        var home: [String: Int] = [:]
        for source in sources {
            let place = try #require(level[source.folder], "\(source.path) is in no known folder")
            for type in source.types { home[type] = place }
        }
        for source in sources {
            let above = source.words.filter { (home[$0] ?? 0) > level[source.folder] ?? 0 }
            #expect(above.isEmpty, "\(source.path) needs \(above.sorted())")
        }
    }

    @Test("otp-enroll itself opens a record or a seal key")
    func terminal() throws {
        let sources = try Self.sources(below: "/otp-enroll")
        try #require(sources.count > 50)
        let opening: Set = [
            "Store", "Record", "RecordFile", "RecordStore", "RecordSession", "SealKey",
            "SealKeyFile",
        ]
        for source in sources {
            let used = source.words.intersection(opening)
            #expect(used.isEmpty, "\(source.path) uses \(used.sorted())")
        }
    }

    /// Files with only functions, which C calls.
    private static let withoutTypes = ["main", "EntryPoints", "WipingMalloc"]

    @Test("A file is not named after a type in it")
    func names() throws {
        for source in try Self.sources(below: "") where !Self.withoutTypes.contains(source.title) {
            let inIt = source.path.contains("+") ? source.extended : source.types + source.extended
            #expect(inIt.contains(source.title), "\(source.path) has \(inIt)")
        }
    }
}
