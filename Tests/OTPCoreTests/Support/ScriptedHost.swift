import OTPWire
import TestSupport
import Testing

@testable import OTPCore

/// What happened in a login, in order.
final class Journal {
    private(set) var entries: [String] = []
    func note(_ entry: String) { entries.append(entry) }
}

/// Plays the surroundings of a login from a script. An unexpected question fails the test, and so
/// does an answer that is left over (`finish`).
final class ScriptedHost {
    /// What the prompt returns.
    enum Typed {
        case text(String)
        case nothing
        case failure
    }

    /// The state of the store.
    enum Condition {
        case sound
        /// It cannot be opened at all.
        case closed(StoreError.Code)
        /// The record cannot be read.
        case broken(StoreError.Code)
    }

    let journal = Journal()
    var answers: [Typed]
    var time: UInt64? = noon
    /// The clock that nobody can set.
    var boot: BootTime?
    /// The source of random numbers; `nil` if there is none.
    var random: Seeded? = Seeded(2027)
    /// The last language used, if any.
    var spoken: Language?
    /// Whether messages reach the user.
    var isHeard = true
    /// Where logins come from: an address and, if there is one, the SSH key.
    var from: (address: String, key: String?) = ("192.0.2.7", nil)
    /// What sshd reports as checked, if that is more than a key.
    var methods: String?
    /// The PAM service.
    var service = "sshd"
    /// Whether the asking program is root's.
    var isRoots = true
    /// The password given to an earlier module.
    var earlier: String?
    /// What was passed to the next module.
    private(set) var forwarded: [String] = []
    /// The size of QR codes; `nil` if none can be made.
    var picture: Int? = 25
    /// The contents of the QR codes made.
    private(set) var scanned: [String] = []
    /// Runs once, when a record is made: what another session does at that moment.
    var beforeMaking: (() -> Void)?
    /// Runs before each question: what another session does while the user types.
    var beforeAsking: ((String) -> Void)?
    var users: [String: User] = ["alice": User(name: ascii("alice"), uid: 1000, gid: 100)]
    var usersFail = false
    var groups: [String: Set<UInt32>] = ["wheel": [0]]
    var condition = Condition.sound
    /// The codes that were sent.
    private(set) var sent: [CodeMessage] = []
    /// Whether messages can be sent.
    var isSending = true
    /// How many messages were sent to anybody.
    var messages = MessageCount()
    /// The record of alice, if she has one.
    var session: ScriptedSession?
    /// The decoys for names without a record; `nil` if there can be none.
    var decoys: [String: ScriptedSession]? = [:]

    init(_ answers: Typed...) { self.answers = answers }

    /// Enrolls alice, and returns her backup codes.
    @discardableResult
    func enroll() throws -> [String] {
        var record = try record(phone())
        let codes = record.makeBackupCodes()
        session = ScriptedSession(record, journal: journal)
        return codes
    }

    /// Plays one login.
    func login(
        _ user: String = "alice", _ change: (inout Options) -> Void = { _ in }
    ) -> LoginResult {
        var options = Options()
        options.prompt = ascii("Code: ")
        change(&options)
        let accounts = RecordAccounts(
            clock: Time(host: self), random: Numbers(host: self), options: options,
            send: { message in
                self.journal.note("send \(message.contact.kind.word) \(message.contact.text)")
                self.sent.append(message)
                return self.isSending
            },
            openStore: { () throws(StoreError) in
                self.journal.note("store")
                if case .closed(let code) = self.condition {
                    throw StoreError(code, [], "closed")
                }
                return Records(host: self)
            })
        let result: LoginResult
        if FleetTrait.isActive {
            result = login(user, options, FleetTrait.accounts(accounts))
        } else {
            result = login(user, options, accounts)
        }
        #expect(answers.isEmpty, "\(answers.count) answers are left over")
        return result
    }

    /// Plays one login of a fleet's user while no server is reached.
    func offlineLogin(
        _ user: String, on ledger: some OfflineAccounts, _ change: (inout Options) -> Void
    ) -> LoginResult {
        var options = Options()
        change(&options)
        let accounts = RemoteAccounts { (_) throws(StoreError) in
            throw StoreError(.system, [], "no server is reached")
        }
        let result = flow(options, accounts).runOffline(ascii(user), from: place, on: ledger)
        #expect(answers.isEmpty, "\(answers.count) answers are left over")
        return result
    }

    private func login(
        _ user: String, _ options: Options, _ accounts: some Accounts
    ) -> LoginResult {
        flow(options, accounts).run(ascii(user), from: place)
    }

    private func flow<Book: Accounts>(
        _ options: Options, _ accounts: Book
    ) -> LoginFlow<Talk, Time, Directory, Book, Numbers, Pictures> {
        LoginFlow(
            conversation: Talk(host: self), clock: Time(host: self), users: Directory(host: self),
            random: Numbers(host: self), codes: Pictures(host: self), options: options,
            hostName: { ascii("vm.example.com") }, accounts: accounts)
    }

    /// Where a login comes from.
    private var place: LoginOrigin {
        isRoots
            ? LoginOrigin(
                service: ascii(service), address: ascii(from.address),
                methods: (methods ?? from.key.map { "publickey \($0)\n" }).map(ascii))
            : LoginOrigin(ofAnyProgram: ascii(service))
    }

    /// Plays one login with one answer; returns the messages along with the result.
    func login(typing typed: String, at now: UInt64) -> (result: LoginResult, said: [String]) {
        answers = [.text(typed)]
        time = now
        let before = journal.entries.count
        let result = login()
        let said = journal.entries.dropFirst(before).filter { $0.hasPrefix("say ") }
        return (result, said.map { String($0.dropFirst(4)) })
    }

    /// Messages and questions, without the operations of the store.
    var talk: [String] {
        journal.entries.filter { $0.hasPrefix("ask ") || $0.hasPrefix("say ") }
    }
}

extension ScriptedHost {
    struct Talk: Conversation {
        let host: ScriptedHost

        func ask(_ prompt: [UInt8], echo: Bool) throws(ConversationError) -> Secret? {
            host.journal.note("ask \(text(prompt))\(echo ? "" : " (unseen)")")
            host.beforeAsking?(text(prompt))
            guard !host.answers.isEmpty else {
                Issue.record("an unexpected prompt: \(text(prompt))")
                throw ConversationError()
            }
            switch host.answers.removeFirst() {
            case .text(let typed):
                var bytes = ascii(typed)
                return Secret(wiping: &bytes)
            case .nothing: return nil
            case .failure: throw ConversationError()
            }
        }

        func say(_ phrase: Phrase) { host.journal.note("say \(words(phrase))") }

        /// English, preceded by the language if that is another one.
        func words(_ phrase: Phrase) -> String {
            host.spoken.map { "[\($0.name)] \(phrase.english)" } ?? phrase.english
        }

        func speak(_ language: Language) { host.spoken = language }

        var isHeard: Bool { host.isHeard }

        func earlierAnswer() -> Secret? {
            host.earlier.map { text in
                var bytes = ascii(text)
                return Secret(wiping: &bytes)
            }
        }

        func forward(_ password: Span<UInt8>) { host.forwarded.append(text(password.array)) }
    }

    struct Pictures: QREncoder {
        let host: ScriptedHost

        /// A chessboard: not scannable, but recognizable when drawn.
        func encode(_ text: borrowing Secret) -> QRSquares? {
            guard let size = host.picture else { return nil }
            host.journal.note("encode")
            host.scanned.append(text.withBytes { String(decoding: $0.array, as: UTF8.self) })
            var squares = (0..<size * size).map { UInt8(($0 / size + $0 % size) % 2) }
            return QRSquares(size: size, wiping: &squares)
        }
    }

    struct Time: Clock {
        let host: ScriptedHost

        func now() throws(StoreError) -> UInt64 {
            guard let time = host.time else { throw StoreError(.clock, [], "no clock") }
            return time
        }

        func boot() -> BootTime? {
            host.journal.note("boot")
            return host.boot
        }
    }

    struct Numbers: Randomness {
        let host: ScriptedHost

        func bytes(_ count: Int) throws(StoreError) -> [UInt8] {
            guard let bytes = host.random?.bytes(count) else {
                throw StoreError(.system, [], "no random numbers")
            }
            return bytes
        }
    }

    struct Directory: UserDirectory {
        let host: ScriptedHost

        func user(named name: [UInt8]) throws(StoreError) -> User? {
            if host.usersFail { throw StoreError(.system, name, "the directory does not answer") }
            return host.users[text(name)]
        }

        func isMember(_ user: User, of group: [UInt8]) throws(StoreError) -> Bool {
            guard let members = host.groups[text(group)] else {
                throw StoreError(.configuration, group, "there is no such group")
            }
            return members.contains(user.uid)
        }
    }

    struct Records: RecordStore {
        let host: ScriptedHost

        func prove() throws(StoreError) {
            if case .broken(let code) = host.condition { throw StoreError(code, [], "broken") }
        }

        func isEnrolled(_ user: User) throws(StoreError) -> Bool {
            host.journal.note("look")
            if case .broken(let code) = host.condition, code == .unsafe {
                throw StoreError(code, [], "broken")
            }
            return host.session?.record.isEnrolled ?? false
        }

        func open(_ user: User) throws(StoreError) -> ScriptedSession? {
            host.journal.note("open")
            if case .broken(let code) = host.condition { throw StoreError(code, [], "broken") }
            return host.session
        }

        func make(_ record: borrowing Record, of user: User) throws(StoreError) {
            host.journal.note("make")
            host.beforeMaking?()
            host.beforeMaking = nil
            guard host.session == nil else { throw StoreError(.exists, user.name, "it is there") }
            guard let copy = Record(decoding: record.encoded.span) else {
                throw StoreError(.damaged, user.name, "no record")
            }
            host.session = ScriptedSession(copy, journal: host.journal)
        }

        func openDecoy(for name: [UInt8]) throws(StoreError) -> ScriptedSession? {
            host.journal.note("decoy")
            if case .broken(let code) = host.condition { throw StoreError(code, [], "broken") }
            if let decoy = host.decoys?[text(name)] { return decoy }
            guard host.decoys != nil else { return nil }
            var key = ScriptedHost.decoyKey
            let record = Decoy.record(random: &key)
            let session = ScriptedSession(record, journal: host.journal)
            host.decoys?[text(name)] = session
            return session
        }

        func countMessage(at now: UInt64, most: Int) throws(StoreError) -> Bool {
            host.messages.take(at: now, most: most)
        }
    }

    /// A key that only tests have.
    static var decoyKey: [UInt8] { [UInt8](repeating: 7, count: 20) }
}
