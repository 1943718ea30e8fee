import Foundation
import TestSupport
import Testing

/// Commands started without some standard descriptors: they neither write to nor read from a file
/// that is opened in their place.
@Suite struct ClosedDescriptorTests {
    let desk: Desk

    init() throws { desk = try Desk() }

    private func run(_ closing: String, _ arguments: [String], input: String = "") async throws
        -> Command
    {
        try await Command.run(
            ["sh", "-c", "exec \"$@\" \(closing)", "sh"] + desk.words(arguments), input: input)
    }

    static let closings = [">&-", "<&- >&-", ">&- 2>&-", "<&- >&- 2>&-", "2>&-", "<&-"]

    @Test(arguments: closings)
    func aFileHoldsTheKeysAlone(closing: String) async throws {
        let phone = try await desk.enroll().phone
        let file = desk.scratch.file("out")
        let done = try await run(
            closing, ["export", "--format", "json", "--output", file, "--reveal-secrets"])
        let lost = closing.contains(" >&-") || closing.hasPrefix(">&-")
        #expect(done.status == (lost ? 1 : 0), "\(done.errors)")
        let bytes = try #require(FileManager.default.contents(atPath: file))
        let object = try JSONSerialization.jsonObject(with: bytes) as? [String: Any]
        #expect(object?["swiftotp_export"] as? Int == 1)
        #expect(String(decoding: bytes, as: UTF8.self).contains(phone.secret))
        if lost, !closing.contains("2>&-") {
            #expect(
                done.errors == "otp-enroll: the output cannot be written: bad file descriptor\n")
        }
        #expect(try await desk.events().first == "exported")
    }

    @Test(arguments: closings)
    func aRecordStaysARecord(closing: String) async throws {
        try await desk.enroll()
        let done = try await run(closing, ["codes", "--yes"])
        #expect(done.status == (closing.contains(">&-") && closing != "2>&-" ? 1 : 0))
        #expect(try await desk.events() == ["codes-renewed", "added"])
    }

    /// A missing input is no answer.
    @Test func nothingIsTakenForAnAnswer() async throws {
        try await desk.enroll()
        let done = try await run("<&-", ["verify", "--json"])
        #expect(done.status == 1 && done.output.contains("\"empty\""), "\(done.output)")
        let file = try await run("<&-", ["import", "--from", "otpauth", "--user", "root", "-"])
        #expect(file.errors == "otp-enroll: standard input: bad file descriptor\n")
    }
}
