import TestSupport
import Testing

@testable import OTPCore

/// Competitors that always win, and errors halfway: the enrollment ends, and nothing is left half
/// done.
@Suite("A record that changes during an enrollment")
struct BusyRecordTests {
    /// A store whose record is made and removed again all the time: missing at every look, and
    /// present at every attempt to make it.
    struct Fleeting: RecordStore {
        let journal: Journal

        func prove() throws(StoreError) {}

        func isEnrolled(_ user: User) throws(StoreError) -> Bool { false }

        func open(_ user: User) throws(StoreError) -> ScriptedSession? { nil }

        func make(_ record: borrowing Record, of user: User) throws(StoreError) {
            journal.note("make")
            throw StoreError(.exists, user.name, "it is there")
        }

        func openDecoy(for name: [UInt8]) throws(StoreError) -> ScriptedSession? { nil }

        func countMessage(at now: UInt64, most: Int) throws(StoreError) -> Bool { false }
    }

    @Test("A login retries for ever to store an authenticator or a postponement")
    func login() throws {
        for typed in [ScriptedHost.shownCode(), ""] {
            let host = ScriptedHost(.text(typed))
            var options = Options()
            options.enroll = .require
            options.enrollGrace = 3
            let flow = LoginFlow(
                conversation: ScriptedHost.Talk(host: host), clock: ScriptedHost.Time(host: host),
                users: ScriptedHost.Directory(host: host),
                random: ScriptedHost.Numbers(host: host), codes: ScriptedHost.Pictures(host: host),
                options: options, hostName: { ascii("vm") },
                openStore: { Fleeting(journal: host.journal) })
            let place = LoginOrigin(
                service: ascii("sshd"), address: [], methods: ascii("password\n"))
            #expect(
                flow.run(ascii("alice"), from: place) == .unavailable(StoreError(.busy, [], "")))
            #expect(host.journal.entries.count { $0 == "make" } == 16)
            #expect(host.talk.last == "say " + UserText.unavailable.english)
        }
    }

    @Test("Random numbers that fail during a login leave an authenticator or codes")
    func noNumbersAtLogin() throws {
        let host = ScriptedHost(.shown())
        host.methods = "password\n"
        host.session = ScriptedSession(Record(), journal: host.journal)
        host.beforeAsking = { _ in host.random = nil }
        #expect(
            host.login { $0.enroll = .require } == .unavailable(StoreError(.system, [], "")))
        #expect(!host.journal.entries.contains("commit"))
    }

    @Test("A store that vanishes before a key is trusted refuses the login, or trusts the key")
    func trust() throws {
        let host = ScriptedHost(.text(code(noonStep)), .text("y"))
        try host.enroll()
        host.methods = try SSHRow.methods()
        host.beforeAsking = { if $0.contains("Skip the code") { host.condition = .broken(.busy) } }
        let factor = Outcome.Factor.code(authenticator: try name("phone"), offset: 0)
        #expect(host.login { $0.trust = .key } == .granted(factor))
        #expect(host.talk.last == "say " + UserText.notTrusted.english)
        #expect(host.session?.record.trusted.isEmpty == true)
    }
}
