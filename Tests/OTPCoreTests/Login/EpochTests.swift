import Testing

@testable import OTPCore

/// Whatever was begun in one epoch and is kept in the next, for everything that can end in between.
@Suite("Begun before something ended, and stored after it", .hereAndInFleet)
struct EpochTests {
    /// What ends while a question is open.
    static let changes: [(String, @Sendable (inout Record) throws -> Void)] = [
        ("reset", { $0.removeAll() }),
        ("remove", { try $0.remove(name("other")) }),
        ("revoke", { $0.revokeAllTrust() }),
        ("issue", { _ = $0.issue() }),
        (
            "replace",
            {
                let key = [UInt8](repeating: 9, count: 20)
                try $0.add(phone("other"), key: key.span)
            }
        ),
    ]

    private func enrolled(_ host: ScriptedHost) throws {
        var record = try record(phone(), phone("other"))
        _ = record.makeBackupCodes()
        _ = record.trust(
            [UInt8](repeating: 3, count: 32), named: try name("old"), at: noon, days: 30, most: 8,
            from: [])
        host.session = ScriptedSession(record, journal: host.journal)
    }

    @Test("A key is trusted on an offer made before something ended", arguments: changes.indices)
    func trust(index: Int) throws {
        let (word, change) = Self.changes[index]
        let host = ScriptedHost(.text(code(noonStep)), .text("y"))
        try enrolled(host)
        host.methods = try SSHRow.methods()
        host.beforeAsking = { prompt in
            guard prompt.contains("Skip the code"), let session = host.session else { return }
            do { try change(&session.record) } catch { Issue.record("\(word): \(error)") }
        }
        _ = host.login { $0.trust = .key }
        let names = host.session?.record.trusted.map(\.name.text) ?? []
        #expect(names.allSatisfy { $0 == "old" }, "\(word): \(names)")
        #expect(host.talk.last == "say " + UserText.notTrusted.english)
    }

    @Test(
        "An enrollment after a temporary code is stored though something ended meanwhile",
        arguments: changes.indices)
    func next(index: Int) throws {
        let (word, change) = Self.changes[index]
        let host = ScriptedHost()
        try enrolled(host)
        let temporary = try #require(host.session).record.issue()
        host.answers = [.text(temporary), .shown()]
        host.beforeAsking = { prompt in
            guard prompt.contains("Code shown by the app"), let session = host.session else {
                return
            }
            do { try change(&session.record) } catch { Issue.record("\(word): \(error)") }
        }
        _ = host.login { $0.enrollsAfterTemporary = true }
        let names = host.session?.record.authenticators.map(\.name.text) ?? []
        // The temporary code has already ended all trust, so there is none to revoke.
        let isKept = word == "revoke"
        #expect(names.contains { !["phone", "other"].contains($0) } == isKept, "\(word): \(names)")
    }

    @Test("A device added meanwhile does not void an offer of trust")
    func added() throws {
        let host = ScriptedHost(.text(code(noonStep)), .text("y"))
        try enrolled(host)
        host.methods = try SSHRow.methods()
        host.beforeAsking = { prompt in
            guard prompt.contains("Skip the code"), let session = host.session else { return }
            let key = exampleKey(of: 7)
            do { try session.record.add(phone("third"), key: key.span) } catch {
                Issue.record("\(error)")
            }
        }
        #expect(host.login { $0.trust = .key }.isTrusting, "\(host.talk)")
    }

    @Test(
        "A first enrollment is stored after somebody else enrolled the user",
        arguments: -1..<changes.count)
    func first(index: Int) throws {
        let host = ScriptedHost(.shown())
        host.methods = "password\n"
        host.beforeAsking = { _ in
            host.beforeAsking = nil
            do {
                try enrolled(host)
                guard index >= 0, let session = host.session else { return }
                try Self.changes[index].1(&session.record)
            } catch {
                Issue.record("\(error)")
            }
        }
        #expect(host.login { $0.enroll = .require } == .refused(.enrolledMeanwhile))
        let names = host.session?.record.authenticators.map(\.name.text) ?? []
        #expect(names == (index == 0 ? [] : index == 1 ? ["phone"] : ["phone", "other"]))
        #expect(host.session?.record.authenticators.first?.nextStep ?? 0 == 0)
    }
}
