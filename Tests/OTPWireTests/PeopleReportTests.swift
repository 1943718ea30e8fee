import OTPCore
import OTPWire
import Testing

@Suite("Who needs attention, in reports")
struct PeopleReportTests {
    private static let now: UInt64 = 1_800_000_000

    /// What a record says, after `change`.
    private func account(
        at time: UInt64 = now, _ change: (inout Record) throws -> Void
    ) rethrows -> RowDocument.Account {
        var record = Record()
        try change(&record)
        return RowDocument.Account(record, at: time, boot: nil, options: Options())
    }

    private func add(phone bytes: Int, to record: inout Record) throws {
        let name = try #require(Name("phone".utf8))
        let phone = try #require(Authenticator(name: name, kind: .totp, added: 1))
        try record.add(phone, key: [UInt8](repeating: 7, count: bytes).span)
    }

    private func issue(_ record: inout Record) {
        var random = [UInt8](repeating: 1, count: TemporaryCode.randomLength)
        let salt = [UInt8](repeating: 2, count: HashedCode.saltLength)
        record.issueTemporaryCode(
            at: Self.now, validFor: 3600, boot: nil, random: &random, salt: salt, { _ in })
    }

    @Test("Somebody is in the wrong part, or in none")
    func parts() throws {
        var report = PeopleReport()
        #expect(report.isQuiet)
        let nobody = account { _ in }
        let short = try account { try add(phone: 10, to: &$0) }
        let given = account { issue(&$0) }
        let ended = account(at: Self.now + 7200) { issue(&$0) }
        let closed = try account { record in
            try add(phone: 20, to: &record)
            record.throttle.setStrangers(here: (0, 0), elsewhere: (100, Self.now))
        }
        var unknown: [String] = []
        for (name, account) in [
            ("nobody", nobody), ("short", short), ("given", given), ("ended", ended),
            ("closed", closed),
        ] where !report.add(account, of: name) { unknown.append(name) }
        #expect(unknown == ["nobody"])
        #expect(report.enrolled == 4 && !report.isQuiet)
        #expect(report.closed == ["closed"] && report.lockedOut == ["ended"])
        #expect(report.withoutBackupCodes == ["short", "closed"])
        #expect(report.withShortKeys == ["short"])
        #expect(report.temporaryCodes.map(\.user) == ["given"])

        let help = PeopleReport.Help(
            closed: "open", lockedOut: "issue", withoutBackupCodes: "codes",
            withShortKeys: "status", temporaryCodes: "revoke", allTemporaryCodes: "list")
        let text = report.sections(on: ReportPage(width: 79), help) { "time \($0)" }
            .joined(separator: "\n")
        for part in [
            "Closed by a hundred wrong codes: 1 user\n    closed\n    open\n",
            "Locked out: only a temporary code, which has expired: 1 user\n    ended\n    issue\n",
            "Without backup codes: 2 users\n    short, closed\n    codes\n",
            "Keys of fewer than 128 bits: 1 user\n    short\n    status\n",
            "Temporary codes that still work: 1\n    given, until time 1800003600\n    revoke",
        ] { #expect(text.contains(part), "\(part): \(text)") }
        #expect(!text.contains("nobody"))
        let json = JSON.members(report.json).lines
        #expect(json.contains("\"user\": \"given\"") && json.contains("\"expires\": \"2027-01-15T"))
    }
}
