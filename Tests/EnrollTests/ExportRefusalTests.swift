import Foundation
import TestSupport
import Testing

/// What `export` refuses: a line with the reason, and neither a file nor a changed record.
@Suite struct ExportRefusalTests {
    let desk: Desk

    init() throws { desk = try Desk() }

    /// Options (`FILE` stands for a file that does not exist), the exit status, and the message.
    static let table: [([String], Int32, String)] = [
        ([], 64, "missing expected argument '--format <format>'"),
        (["--format", "json"], 64, "missing expected argument '--output <file>'"),
        (["--format", "pskc", "--output", "FILE"], 64, "the value 'pskc' is invalid"),
        (["--format", "json", "--output", "-"], 64, "--output takes a file"),
        (["--format", "json", "--output", ""], 64, "--output takes a file"),
        (["--format", "json", "--output", "FILE", "--all"], 64, "unknown option '--all'"),
        (
            ["--format", "json", "--output", "FILE"], 1,
            "the file would contain the keys of 1 user (2 authenticators) in clear text"
        ),
        (
            ["root", "--format", "otpauth", "--output", "FILE"], 1,
            "the file would contain the keys of root (phone, tablet) in clear text"
        ),
        (
            ["--format", "json", "--output", "FILE/x", "--reveal-secrets"], 1,
            "FILE/x: no such file or directory"
        ),
        (
            ["--format", "json", "--output", "/dev/stdout", "--reveal-secrets"], 1,
            "/dev/stdout: file exists"
        ),
        (
            ["--format", "json", "--output", "/", "--reveal-secrets"], 1,
            "/: file exists"
        ),
        (
            ["nosuch", "--format", "json", "--output", "FILE", "--reveal-secrets"], 1,
            "there is no user \"nosuch\""
        ),
        (
            ["daemon", "--format", "json", "--output", "FILE", "--reveal-secrets"], 1,
            "daemon has no authenticator"
        ),
    ]

    @Test(arguments: table)
    func nothingIsWritten(options: [String], status: Int32, words: String) async throws {
        try await desk.enroll()
        try await desk.enroll("--name", "tablet")
        let before = desk.record
        let file = desk.scratch.file("out")
        let options = options.map { $0.replacing("FILE", with: file) }
        let done = try await Command.run(desk.words(["export"] + options))
        #expect(done.status == status && done.output.isEmpty)
        let start = "otp-enroll: " + words.replacing("FILE", with: file)
        #expect(done.errors.hasPrefix(start), "\(done.errors)")
        #expect(!FileManager.default.fileExists(atPath: file))
        #expect(desk.record == before)
    }

    @Test func aFileThatIsThereStays() async throws {
        try await desk.enroll()
        let before = desk.record
        let file = try desk.scratch.write("mine\n", to: "out", mode: 0o640)
        let link = desk.scratch.file("link")
        symlink(desk.scratch.file("nowhere"), link)
        for path in [file, link, desk.scratch.path] {
            let done = try await desk.run(
                "export", "--format", "json", "--output", path, "--reveal-secrets")
            #expect(done.status == 1 && done.output.isEmpty)
            #expect(
                done.errors == """
                    otp-enroll: \(path): file exists
                    hint: name a file that does not exist yet

                    """)
        }
        #expect(try String(contentsOfFile: file, encoding: .utf8) == "mine\n")
        #expect(!FileManager.default.fileExists(atPath: desk.scratch.file("nowhere")))
        #expect(desk.record == before)
    }

    @Test func aFullDiskLeavesNothing() async throws {
        for _ in 1...5 { try await desk.enroll() }
        let before = desk.record
        let file = desk.scratch.file("out")
        let words = ["export", "--format", "json", "--output", file, "--reveal-secrets"]
        // Enough for the messages, but too little for five keys.
        let done = try await Command.run(
            ["prlimit", "--fsize=512", "sh", "-c", #"trap "" XFSZ; exec "$@""#, "sh"]
                + desk.words(words))
        #expect(done.status == 1 && done.errors.hasPrefix("otp-enroll: \(file): file too large"))
        #expect(!FileManager.default.fileExists(atPath: file))
        #expect(desk.record == before)
    }

    @Test func nobodyEnrolledIsNothingToExport() async throws {
        let file = desk.scratch.file("out")
        let done = try await desk.run(
            "export", "--format", "json", "--output", file, "--reveal-secrets")
        #expect(done.status == 1 && done.errors == "otp-enroll: nobody has an authenticator\n")
        #expect(!FileManager.default.fileExists(atPath: file))
    }
}
