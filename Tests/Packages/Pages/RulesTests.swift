import Foundation
import TestSupport
import Testing

/// The rules of CONTRIBUTING.md that a program can check. `make lint` checks those about form, and
/// finds every `!`, `try!` and `as!`; the compiler checks strict memory safety.
@Suite("The rules of CONTRIBUTING.md")
struct RulesTests {
    /// The files with unsafe code, by name without `.swift`. The module borders on C everywhere,
    /// and is small.
    private static let unsafeFiles: [String: String] = [
        "OTPCore": "Cryptography Secret",
        "OTPStore": "QRLibrary System System+Folders SystemUsers SystemUsers+Everybody",
        "OTPWire": "Socket WipingMalloc",
        "OTPSystem":
            "ChildProcess Listener OpenFile+Pipes Pipe Process SystemError SystemLog Worker",
        "OTPImport": "PSKCCryptography XMLParser",
        "OTPService": "",
        "swiftotpd": "",
        "swiftotp-messenger": "",
        "otp-enroll": """
        Clipboard ForeignFile Interruptions KernelClock LoadedModule Machine
        OpenFile+Contents Operator OwnService PrivateFile Progress ReadFile ReplacingFile SystemFiles
        TemporaryFolder Terminal TerminalModes TerminalQuestion TrialLogin
        """,
        "pam_swiftotp": """
        Bytes EntryPoints Locale Login OwnService PAMHandle PAMHandle+Conversation Relay Wire
        """,
    ]

    /// What a target may import apart from our other targets, which are in Package.swift.
    private static let imports: [String: Set<String>] = [
        "OTPCore": ["CLinux", "CNettle", "Glibc"],
        "OTPStore": ["CLinux", "Glibc", "OTPCore", "Synchronization"],
        "OTPService": ["FoundationEssentials", "OTPCore", "OTPWire", "Synchronization"],
        "OTPImport": ["CExpat", "CNettle", "Glibc", "OTPCore"],
        "OTPPAM": [],
        "pam_swiftotp": ["CLinux", "CPAM"],
    ]

    /// The lines of a file that are not comments.
    private func code(_ file: String) throws -> [Substring] {
        try Project.text(file).split(separator: "\n")
            .filter { !$0.drop { $0 == " " }.hasPrefix("//") }
    }

    private func name(_ file: String) -> String {
        String(file.split(separator: "/").last?.dropLast(".swift".count) ?? "")
    }

    @Test(
        "A file has unsafe code and is not listed, or is listed and has none",
        arguments: unsafeFiles.keys)
    func unsafeCode(target: String) throws {
        var found: Set<String> = []
        for file in try Project.files(below: "Sources/\(target)", ending: ".swift") {
            guard try code(file).contains(where: { $0.contains(#/(^|[ (&@])unsafe[ (]/#) })
            else { continue }
            found.insert(name(file))
            #expect(try Project.text(file).contains("SAFETY: "), "\(file) names no contract")
        }
        let named = Self.unsafeFiles[target, default: ""].split { " \n".contains($0) }
        #expect(found == Set(named.map(String.init)))
    }

    @Test("A core does I/O, or the module needs more than C", arguments: imports.keys)
    func ioOfCore(target: String) throws {
        for file in try Project.files(below: "Sources/\(target)", ending: ".swift") {
            let names = try code(file).filter { $0.hasPrefix("import ") }
                .map { String($0.dropFirst("import ".count)) }
            #expect(Set(names).isSubset(of: Self.imports[target, default: []]), "\(file)")
            for line in try code(file) {
                #expect(
                    !line.contains(#/\b(print|fatalError|preconditionFailure|exit)\(/#), "\(file)")
            }
        }
    }

    /// A path or name for one processor is wrong on all others.
    @Test("A file names a processor, other than those that define ours")
    func processors() throws {
        let files = try ["Sources", "Tests"].flatMap {
            try Project.files(below: $0, ending: ".swift")
        }
        let naming = try files.filter { try Project.text($0).contains(#/x86[_-]64|aarch64/#) }
        #expect(Set(naming.map { name($0) }) == ["Machine", "PAMRules", "RulesTests"], "\(naming)")
    }

    @Test("A test file is not named after its contents")
    func names() throws {
        let targets = [
            "Integration", "ModuleTests", "OTPCoreTests", "OTPImportTests",
            "OTPPAMTests", "OTPServiceTests", "OTPStoreTests", "PAMDialogue", "Packages", "Support",
        ]
        for file in try targets.flatMap({
            try Project.files(below: "Tests/\($0)", ending: ".swift")
        }) {
            let text = try Project.text(file)
            let kinds =
                #/(?m)^(?!private|fileprivate|extension)(?:\S+ )*(?:struct|class|enum|actor|protocol) (\w+)/#
            let types = text.matches(of: kinds).map { String($0.1) }
            let extended = text.matches(of: #/(?m)^extension ([\w.]+)/#).map { String($0.1) }
            let parts = name(file).split(separator: "+").map(String.init)
            // A file with neither consists of a few functions.
            let isNamed =
                parts.count == 2
                ? extended.contains { $0 == parts[0] || $0.hasPrefix(parts[0] + ".") }
                : types.contains(name(file)) || types.isEmpty
            #expect(isNamed, "\(file): \(types), \(extended)")
        }
    }

    @Test("The page names a file or a make target that does not exist")
    func paths() throws {
        let page = try Project.text("CONTRIBUTING.md"), makefile = try Project.text("Makefile")
        let files = try ["Sources", "Tests", "docs", "packaging"].flatMap {
            try Project.files(below: $0, ending: "")
        }
        let names = Set(files.flatMap { [$0, String($0.split(separator: "/").last ?? "")] })
        for word in page.matches(of: #/`([\w+./-]+)`/#).map({ String($0.1) })
        where word.contains("/") && !word.hasPrefix(".") && !word.hasPrefix("/")
            || word.hasSuffix(".swift") || word.hasSuffix(".md")
        {
            let isThere = access(Project.path(word), F_OK) == 0 || names.contains(word)
            #expect(isThere, "\(word)")
        }
        for target in page.matches(of: #/(?m)^    make ([a-z]+)/#).map(\.1) {
            #expect(
                makefile.contains("\n\(target): ") || makefile.contains("\n\(target):\n"),
                "\(target)")
        }
        // The drawing of the tree.
        for folder in page.matches(of: #/(?m)^      ([\w-]+)\/ /#).map(\.1) {
            #expect(access(Project.path("Sources/\(folder)"), F_OK) == 0, "\(folder)")
        }
    }
}
