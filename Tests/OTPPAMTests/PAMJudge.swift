import Foundation
import OTPPAM
import TestSupport

/// The real libpam, with modules that report how they are called.
struct PAMJudge: Sendable {
    /// The rules of that libpam.
    let rules: PAMRules
    private let scratch: Scratch

    /// Made once for all tests.
    static let shared = Task { try await PAMJudge() }

    private init() async throws {
        try Build.requireGround()
        let scratch = try Scratch()
        self.scratch = scratch
        let source = Project.path("Tests/OTPPAMTests/Judge/module.c")
        let judge = Project.path("Tests/OTPPAMTests/Judge/judge.c")
        for letter in "abcis" {
            let words = [
                "clang", "-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-nostdlib",
                "-fuse-ld=lld", "-DNAME='\(letter)'", source, "-o",
                scratch.file("pam_\(letter).so"),
            ]
            try await Command.output(words + (letter == "s" ? ["-DSESSION_ONLY"] : []))
        }
        try await Command.output([
            "clang", "-O1", "-Wall", "-Wextra", "-Werror", "-fuse-ld=lld", "-rdynamic", judge, "-o",
            scratch.file("judge"), "-lpam",
        ])
        // Without any case, it reports which library it uses.
        let path = try await Command.output(Self.words(scratch, cases: "/dev/null", PAMRules()))
            .trimmingCharacters(in: .newlines)
        let rules = PAMRules(library: Array(try Data(contentsOf: URL(fileURLWithPath: path))))
        // The judge makes folders there, below those it has covered.
        guard rules.modules.hasPrefix("/lib/") || rules.modules.hasPrefix("/usr/lib/") else {
            throw Trouble("modules in \(rules.modules)")
        }
        self.rules = rules
    }

    private static func words(_ scratch: Scratch, cases: String, _ rules: PAMRules) -> [String] {
        [
            scratch.file("judge"), cases, cases == "/dev/null" ? cases : cases + ".results",
            String(rules.modules.dropLast()), CaseFiles.isa(rules), scratch.path,
        ] + PAMCase.paths
    }

    /// What libpam does with each case; skipped cases have no meaningful outcome.
    func outcomes(of cases: [(login: PAMCase, isSkipped: Bool)]) async throws -> [PAMOutcome] {
        let file = scratch.file(UUID().uuidString)
        defer {
            unlink(file)
            unlink(file + ".results")
        }
        let bytes = cases.flatMap { $0.login.encoded(isSkipped: $0.isSkipped) }
        try Data(bytes).write(to: URL(fileURLWithPath: file))
        try await Command.output(Self.words(scratch, cases: file, rules), within: .seconds(600))
        var results = Results(try Data(contentsOf: URL(fileURLWithPath: file + ".results")))
        return try cases.map { try results.outcome(flags: $0.login.flags) }
    }

    /// The judge's results, one case after another.
    private struct Results {
        private let bytes: [UInt8]
        private var position = 0

        init(_ data: Data) { bytes = Array(data) }

        private mutating func take(_ count: Int) throws -> ArraySlice<UInt8> {
            guard bytes.count - position >= count else { throw Trouble("the results end early") }
            defer { position += count }
            return bytes[position..<(position + count)]
        }

        private mutating func byte() throws -> UInt8 { try take(1).first ?? 0 }

        private mutating func number() throws -> Int {
            try take(4).reversed().reduce(0) { $0 << 8 | Int($1) }
        }

        mutating func outcome(flags: Int) throws -> PAMOutcome {
            var outcome = PAMOutcome(end: .unknown)
            var results: [Int] = []
            while true {
                switch try byte() {
                case 0: continue
                case 1:
                    let call = try call(flags: flags)
                    outcome.calls.append(call)
                case 2: results.append(Int(try byte()))
                case 3:
                    outcome.end = .results(results)
                    return outcome
                case 4: return outcome
                case 5: return PAMOutcome(end: .crashed)
                case 6: return PAMOutcome(end: .endless)
                case let other: throw Trouble("a result of \(other)")
                }
            }
        }

        private mutating func call(flags: Int) throws -> PAMOutcome.Call {
            let function = Character(Unicode.Scalar(try byte()))
            let module = Character(Unicode.Scalar(try byte()))
            let given = try number()
            guard given == (flags & 1) | (flags & 2) << 14 else { throw Trouble("flags \(given)") }
            var arguments: [[UInt8]] = []
            for _ in 0..<(try number()) { arguments.append(Array(try take(try number()))) }
            return PAMOutcome.Call(function: function, module: module, arguments: arguments)
        }
    }
}
