import Testing

@testable import OTPCore

@Suite("otp-enroll's requests: trusted SSH keys")
struct HelperTrustTests {
    private static let laptop = [UInt8](repeating: 1, count: 32)
    private static let desktop = [UInt8](repeating: 2, count: 32)
    private static let stranger = [UInt8](repeating: 3, count: 32)

    /// Alice with a phone, backup codes, which come back, and two keys that she trusts.
    private func desk() throws -> (HelperDesk, [String]) {
        let desk = HelperDesk()
        var record = try record(phone())
        let codes = record.makeBackupCodes()
        for (fingerprint, label) in [(Self.laptop, "laptop"), (Self.desktop, "desktop")] {
            let isTrusted = record.trust(
                fingerprint, named: try name(label), at: noon, days: 30, most: 8,
                from: ascii("192.0.2.7"))
            try #require(isTrusted)
        }
        desk.enroll(record)
        return (desk, codes)
    }

    private func names(_ desk: HelperDesk) throws -> [String] {
        try desk.look { $0.trusted.map { text($0.name.bytes) } }
    }

    private func revocations(_ desk: HelperDesk) throws -> [String] {
        try desk.look { record in
            record.events.events.filter { $0.kind == .trustRevoked }.map { text($0.detail) }
        }
    }

    @Test("One after the other is ended, with proof, and the log hears which")
    func oneByOne() throws {
        let (desk, _) = try desk()
        let alice = desk.connection()
        let before = desk.records
        for fingerprint in [nil, Self.laptop, Self.stranger] {
            let request = HelperRequest.untrustMessage(fingerprint)
            #expect(try alice.ask(request).denial == .proofNeeded)
        }
        #expect(desk.records == before)

        _ = try alice.prove(code(noonStep))
        let proven = desk.records
        #expect(
            try alice.ask(HelperRequest.untrustMessage(Self.stranger)).denial == .notTrusted)
        #expect(desk.records == proven)
        #expect(try alice.ask(HelperRequest.untrustMessage(Self.laptop)).isDone)
        #expect(try names(desk) == ["desktop"])
        #expect(try alice.ask(HelperRequest.untrustMessage(Self.laptop)).denial == .notTrusted)
        #expect(try alice.ask(HelperRequest.untrustMessage(Self.desktop)).isDone)
        #expect(try names(desk) == [])
        #expect(try alice.ask(HelperRequest.untrustMessage(nil)).denial == .notTrusted)

        #expect(try revocations(desk) == ["laptop", "desktop"])
        let changes = desk.entries.compactMap { entry -> Event? in
            if case .changed(let event) = entry { event } else { nil }
        }
        #expect(changes.map(\.kind) == [.trustRevoked, .trustRevoked])
        #expect(changes.map { text($0.detail) } == ["laptop", "desktop"])
        #expect(changes.allSatisfy { text($0.origin) == "otp-enroll alice" })
        #expect(desk.isTidy)
    }

    @Test("All are ended at once, and somebody else's stay")
    func all() throws {
        let (desk, _) = try desk()
        desk.records[HelperDesk.bob.uid] = desk.records[HelperDesk.alice.uid]
        let alice = desk.connection()
        _ = try alice.prove(code(noonStep))
        #expect(try alice.ask(HelperRequest.untrustMessage(nil)).isDone)
        #expect(try names(desk) == [])
        #expect(try revocations(desk) == [""])
        #expect(try desk.look(HelperDesk.bob) { $0.trusted.count } == 2)
    }

    @Test("A backup code as the proof has ended all, so that nothing is left to end")
    func backupCode() throws {
        let (desk, codes) = try desk()
        let alice = desk.connection()
        guard case .granted(.backupCode)? = try alice.prove(codes[0]) else {
            Issue.record("refused")
            return
        }
        #expect(try names(desk) == [])
        #expect(try alice.ask(HelperRequest.untrustMessage(Self.laptop)).denial == .notTrusted)
        #expect(try revocations(desk) == [""])
    }

    @Test("A store in trouble: the trust stays, and nothing else is claimed")
    func trouble() throws {
        let (desk, _) = try desk()
        let alice = desk.connection()
        _ = try alice.prove(code(noonStep))
        desk.commitFails = true
        #expect(try alice.ask(HelperRequest.untrustMessage(nil)).denial == .unavailable)
        desk.commitFails = false
        #expect(try names(desk) == ["laptop", "desktop"])
        #expect(try revocations(desk) == [])
    }

    @Test("The status shows them as they are")
    func status() throws {
        let (desk, _) = try desk()
        let bytes = try #require(
            try desk.connection().ask(HelperRequest.statusMessage).record)
        guard let seen = Record(decoding: bytes.span) else {
            Issue.record("the record cannot be read")
            return
        }
        let (shown, kept) = (seen.trusted, try desk.look { $0.trusted })
        #expect(shown == kept && shown.count == 2)
    }
}
