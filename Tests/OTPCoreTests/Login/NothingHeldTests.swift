import TestSupport
import Testing

@testable import OTPCore

/// Users may take a quarter of an hour to type: meanwhile nothing is open, and nothing is decided.
@Suite("While somebody types")
struct NothingHeldTests {
    /// Counts the open stores and records, and checks at each question.
    private final class Watch {
        let host: ScriptedHost
        /// Stores that are still referenced.
        var stores = 0
        /// The questions during which something was held.
        private(set) var held: [String] = []
        private(set) var questions = 0

        init(_ host: ScriptedHost) {
            self.host = host
            host.beforeAsking = { [unowned self] question in
                questions += 1
                let opened = host.journal.entries.count { $0 == "open" || $0 == "decoy" }
                let closed = host.journal.entries.count { $0 == "close" }
                let given = host.journal.entries.count { $0 == "none" }
                if stores != 0 || opened - given != closed { held.append(question) }
            }
        }

        /// A store that reports when it is released.
        final class Records: RecordStore {
            private let watch: Watch
            private let inner: ScriptedHost.Records

            init(_ watch: Watch) {
                (self.watch, inner) = (watch, ScriptedHost.Records(host: watch.host))
                watch.stores += 1
            }

            deinit { watch.stores -= 1 }

            func prove() throws(StoreError) { try inner.prove() }

            func isEnrolled(_ user: User) throws(StoreError) -> Bool {
                try inner.isEnrolled(user)
            }

            func open(_ user: User) throws(StoreError) -> ScriptedSession? {
                let session = try inner.open(user)
                if session == nil { watch.host.journal.note("none") }
                return session
            }

            func make(_ record: borrowing Record, of user: User) throws(StoreError) {
                try inner.make(record, of: user)
            }

            func openDecoy(for name: [UInt8]) throws(StoreError) -> ScriptedSession? {
                try inner.openDecoy(for: name)
            }

            func countMessage(at now: UInt64, most: Int) throws(StoreError) -> Bool {
                try inner.countMessage(at: now, most: most)
            }
        }

        func login(_ user: String, _ change: (inout Options) -> Void) -> LoginResult {
            var options = Options()
            change(&options)
            let flow = LoginFlow(
                conversation: ScriptedHost.Talk(host: host),
                clock: ScriptedHost.Time(host: host), users: ScriptedHost.Directory(host: host),
                random: ScriptedHost.Numbers(host: host), codes: ScriptedHost.Pictures(host: host),
                options: options, hostName: { ascii("vm") },
                openStore: { () throws(StoreError) in Records(self) })
            let place = LoginOrigin(
                service: ascii("sshd"), address: ascii("192.0.2.7"),
                methods: host.methods.map(ascii))
            return flow.run(ascii(user), from: place)
        }
    }

    @Test("At some question of some login, the store or the record is open")
    func closed() throws {
        let methods = try SSHRow.methods()
        var temporary = ""
        let cases:
            [(
                user: String, questions: Int, answers: [ScriptedHost.Typed],
                set: (ScriptedHost) throws -> Void, options: (inout Options) -> Void
            )] = [
                // A usual login with several tries; a stranger; the decoy for an unknown name.
                (
                    "alice", 3, [.text("000000"), .text("0"), .text(code(noonStep))],
                    { try $0.enroll() }, { $0.retry = 3 }
                ),
                (
                    "mallory", 3, [.text("000000"), .text("1"), .text("2")], { _ in },
                    { $0.retry = 3 }
                ),
                // Looked up before the question.
                ("alice", 1, [.text(code(noonStep))], { try $0.enroll() }, { $0.nullok = true }),
                // A key that is not trusted yet, and the offer to trust it.
                (
                    "alice", 2, [.text(code(noonStep)), .text("y")],
                    {
                        try $0.enroll()
                        $0.methods = methods
                    }, { $0.trust = .key }
                ),
                // The first enrollment, with grace period.
                (
                    "alice", 4, [.text("i"), .text("000000"), .shown(), .text("")],
                    { $0.methods = "password\n" },
                    {
                        $0.enroll = .require
                        $0.enrollGrace = 3
                    }
                ),
                ("alice", 1, [.text("")], { $0.methods = "password\n" }, { $0.enroll = .offer }),
                // A new device after a temporary code.
                (
                    "alice", 3, [],
                    { host in
                        var record = try record(phone())
                        temporary = record.issue()
                        host.session = ScriptedSession(record, journal: host.journal)
                        host.answers = [.text(temporary), .shown(), .text("")]
                    }, { $0.enrollsAfterTemporary = true }
                ),
            ]
        for (user, questions, answers, set, options) in cases {
            let host = ScriptedHost()
            host.answers = answers
            try set(host)
            let watch = Watch(host)
            _ = watch.login(user, options)
            #expect(watch.questions == questions, "\(host.talk)")
            #expect(watch.held.isEmpty, "held at: \(watch.held)")
            #expect(watch.stores == 0 && host.answers.isEmpty)
        }
    }

    @Test("Changes by another session while somebody types are ignored")
    func afresh() throws {
        // Another session burns the code; root removes the second factor; the throttle of a decoy.
        let used = ScriptedHost(.text(code(noonStep)))
        try used.enroll()
        used.beforeAsking = { _ in
            used.beforeAsking = nil
            let other = ScriptedHost(.text(code(noonStep)))
            other.session = used.session
            guard case .granted = other.login() else {
                Issue.record("the other session is refused")
                return
            }
        }
        #expect(used.login() == .refused(.replayed))

        let removed = ScriptedHost(.text(code(noonStep)))
        try removed.enroll()
        removed.beforeAsking = { _ in removed.session = nil }
        #expect(removed.login { $0.nullok = true } == .refused(.noRecord))

        let enrolled = ScriptedHost(.text(code(noonStep)))
        enrolled.beforeAsking = { _ in
            enrolled.beforeAsking = nil
            _ = try? enrolled.enroll()
        }
        let factor = Outcome.Factor.code(authenticator: try name("phone"), offset: 0)
        #expect(enrolled.login() == .granted(factor))
    }
}
