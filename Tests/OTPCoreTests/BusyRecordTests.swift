import TestSupport
import Testing

@testable import OTPCore

/// Others who are always faster, and trouble in the middle: it ends, and keeps nothing by halves.
@Suite("A record that changes under one's hands")
struct BusyRecordTests {
    /// A store where a record is made and removed again all the time: gone whenever somebody
    /// looks, and there whenever somebody makes it.
    struct Fleeting: LoginStore {
        let journal: Journal

        func isEnrolled(_ user: User) throws(StoreError) -> Bool { false }

        func open(_ user: User) throws(StoreError) -> ScriptedSession? { nil }

        func make(_ record: borrowing Record, of user: User) throws(StoreError) {
            journal.note("make")
            throw StoreError(.exists, user.name, "it is there")
        }

        func openDecoy(for name: [UInt8]) throws(StoreError) -> ScriptedSession? { nil }
    }

    /// Random numbers, of which there are only so many.
    final class Few: Randomness {
        private var left: Int
        private var numbers = Seeded(2027)

        init(_ count: Int) { left = count }

        func bytes(_ count: Int) throws(StoreError) -> [UInt8] {
            left -= 1
            if left < 0 { throw StoreError(.system, [], "no random numbers") }
            return numbers.bytes(count)
        }
    }

    private func fullRecord() throws -> Record {
        try record(phone("a"), phone("b"), phone("c"), phone("d"), phone("e"))
    }

    private var shown: String {
        var numbers = Seeded(2027)
        return code(of: numbers.bytes(Authenticator.keyLength))
    }

    @Test("A login gives up, whether it keeps an authenticator or counts that it was put off")
    func login() throws {
        for typed in [shown, ""] {
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
            let place = Place(
                service: ascii("sshd"), address: [], methods: ascii("password\n"))
            #expect(
                flow.run(ascii("alice"), from: place) == .unavailable(StoreError(.busy, [], "")))
            #expect(host.journal.entries.count { $0 == "make" } == 16)
            #expect(host.talk.last == "say " + UserText.unavailable)
        }
    }

    @Test("The helper gives up as well, and says so")
    func helper() throws {
        let desk = HelperDesk()
        var tries = 0
        let talk = HelperTalk(
            HelperSession(
                of: HelperDesk.alice, clock: HelperDesk.DeskClock(desk: desk),
                random: HelperDesk.DeskRandom(desk: desk), options: Options(),
                openStore: { HelperDesk.DeskStore(desk: desk) },
                makeRecord: { (_, user) throws(StoreError) in
                    tries += 1
                    throw StoreError(.exists, user.name, "it is there")
                }, journal: { _ in }))
        let key = try #require(try talk.begin())
        let answer = try talk.confirm(code(of: key))
        #expect(answer.denial == .unavailable && tries == 16)
        #expect(answer.said?.contains("somebody else is changing the record") == true)
    }

    @Test("No room any more at the end: a fifth authenticator came meanwhile")
    func full() throws {
        let others = try fullRecord()
        let host = ScriptedHost()
        host.session = ScriptedSession(try fullRecord(), journal: host.journal)
        let keeper = EnrollmentKeeper(
            records: ScriptedHost.Records(host: host), random: ScriptedHost.Numbers(host: host),
            authenticator: try phone("sixth"), purpose: .beside,
            event: Event(.added, at: noon, detail: ascii("sixth"), origin: []))
        let key = exampleKey
        #expect(
            try keeper.keep(Secret(copying: key.span), of: HelperDesk.alice) == nil)
        #expect(host.session?.record.encoded == others.encoded)

        let desk = HelperDesk()
        try desk.enroll()
        let talk = desk.connection()
        _ = try talk.prove(code(noonStep))
        let begun = try #require(try talk.begin("sixth"))
        desk.enroll(others)
        #expect(try talk.confirm(code(of: begun)).denial == .full)
        #expect(try desk.look { $0.encoded } == others.encoded)
    }

    @Test("Random numbers that end in the middle of a login: no authenticator, no codes")
    func noNumbersAtLogin() throws {
        let host = ScriptedHost(.text(shown))
        host.methods = "password\n"
        host.session = ScriptedSession(Record(), journal: host.journal)
        host.beforeAsking = { _ in host.random = nil }
        #expect(
            host.login { $0.enroll = .require } == .unavailable(StoreError(.system, [], "")))
        #expect(!host.journal.entries.contains("commit"))
    }

    @Test("Random numbers that end in the middle of a request: the record stays as it was")
    func noNumbersForHelper() throws {
        for first in [HelperRequest.beginMessage(try device("watch")), HelperRequest.codesMessage] {
            let desk = HelperDesk()
            desk.enroll(try record(phone()))
            var session = HelperSession(
                of: HelperDesk.alice, clock: HelperDesk.DeskClock(desk: desk), random: Few(1),
                options: Options(), openStore: { HelperDesk.DeskStore(desk: desk) },
                makeRecord: { (_, _) throws(StoreError) in Issue.record("there is a record") },
                journal: { _ in })
            func ask(_ request: [UInt8]) throws -> HelperAnswer {
                let reply = session.reply(to: request.span)
                return try #require(reply.flatMap { HelperAnswer($0) })
            }
            let typed = ascii(code(noonStep))
            guard case .granted = try ask(HelperRequest.proveMessage(typed.span)).outcome else {
                Issue.record("not proven")
                continue
            }
            let before = try desk.look { $0.encoded }
            var answer = try ask(first)
            if let key = answer.key {
                // The key was the last of them; the backup codes that come with it need more.
                let typed = ascii(code(of: key))
                answer = try ask(HelperRequest.confirmMessage(typed.span))
            }
            #expect(answer.denial == .unavailable)
            #expect(try desk.look { $0.encoded } == before)
            #expect(desk.isTidy)
        }
    }

    @Test("A store that is gone when a key is to be trusted: in, and asked again next time")
    func trust() throws {
        let host = ScriptedHost(.text(code(noonStep)), .text("y"))
        try host.enroll()
        let row = try #require(try SSHRow.all().first { !$0.kind.isEmpty })
        host.methods = row.line + "\n"
        host.beforeAsking = { if $0.contains("Skip the code") { host.condition = .broken(.busy) } }
        let factor = Outcome.Factor.code(authenticator: try name("phone"), offset: 0)
        #expect(host.login { $0.trustsKeys = true } == .granted(factor))
        #expect(host.talk.last == "say " + UserText.notTrusted)
        #expect(host.session?.record.trusted.isEmpty == true)
    }
}
