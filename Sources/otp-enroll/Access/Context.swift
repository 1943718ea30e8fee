import OTPCore
import OTPStore
import OTPWire

/// What the command line means: the user concerned, and the way to the service.
struct Context {
    /// The user concerned.
    let user: User
    /// The way to swiftotpd.
    let service: ServiceConnection

    /// Who can give a command.
    enum Audience {
        /// Root, and the owner of a store.
        case owner
        /// The help desk, too: the service knows who that is.
        case helpDesk
        /// Everybody, for themselves.
        case everybody
    }

    /// Looks up user and service; `name` is the user named on the command line.
    init(_ global: GlobalOptions, user name: String?, for audience: Audience = .owner) throws {
        service = try ServiceConnection(global)
        user = try Context.user(name)
        try checkCaller(audience)
    }

    /// The same for another user, with the same service.
    init(_ user: String, like other: Context) throws {
        service = other.service
        self.user = try Context.user(user, proposes: false)
        try checkCaller(.owner)
    }

    /// The same for a user who is already known.
    init(_ user: User, by service: ServiceConnection) {
        self.user = user
        self.service = service
    }

    /// The same for a user by name, or for the caller without a name.
    init(_ name: String?, by service: ServiceConnection) throws {
        self.service = service
        user = try Context.user(name, proposes: false)
        try checkCaller(.everybody)
    }

    /// The caller, with a service that is already known.
    init(by service: ServiceConnection) throws {
        self.init(try Context.user(nil), by: service)
    }

    private func checkCaller(_ audience: Audience) throws(Failure) {
        guard audience != .helpDesk || service.isOwn else { return }
        guard Machine.isRoot || user.uid == Machine.caller else { throw othersAreRoots }
        guard Machine.isRoot || service.isOwn || audience == .everybody else { throw storeIsRoots }
    }

    /// Whether the caller may do everything for the user: root, and the owner of a store.
    var isOwner: Bool { Machine.isRoot || service.isOwn }

    /// The user's name, safe to show.
    var userName: String { Output.printable(user.name) }

    /// The user of a name, or the caller; for an unknown name, `proposes` says whether to look for
    /// similar ones.
    private static func user(_ name: String?, proposes: Bool = true) throws -> User {
        let users = SystemUsers()
        guard let name else {
            guard let user = try users.user(withID: Machine.caller) else {
                throw Failure(Phrase("no user has the number \(Machine.caller) (yours)"))
            }
            return user
        }
        guard let user = try users.user(named: Array(name.utf8)) else {
            throw noUser(name, among: proposes ? LocalNames.people : [])
        }
        return user
    }

    // MARK: Asking

    /// Sends a request about the user; throws what the service could not do. A member of the help
    /// desk is asked for a code, if the service wants one.
    func ask(_ command: Command, proof: String? = nil) throws(Failure) -> Reply.Result {
        let reply = try send(command, proof)
        guard case .denied(.ownProofNeeded) = reply, proof == nil else { return reply }
        let helper = try? SystemUsers().user(withID: Machine.caller)
        let name = helper.map { Output.printable($0.name) } ?? "#\(Machine.caller)"
        var typed = Terminal.readAnswer("Verification code of \(name): ")
        defer { Secret.wipe(&typed) }
        let answered = try send(command, String(decoding: typed, as: UTF8.self))
        if case .outcome(let outcome) = answered { try VerdictText(outcome).require(of: name) }
        return answered
    }

    private func send(_ command: Command, _ proof: String?) throws(Failure) -> Reply.Result {
        var request = Request(command, proof: proof)
        if !command.isAboutNobody { request.user = String(decoding: user.name, as: UTF8.self) }
        if Machine.isRoot, command.isToldOf { request.by = Operator.name }
        return try possible(service.send(request))
    }

    /// Sends a series of requests about nobody; `take` gets the replies.
    func ask(
        _ commands: some Sequence<Command>, _ take: (Reply.Result) throws -> Void
    ) throws {
        try service.send(commands.lazy.map { Request($0) }) { try take(possible($0)) }
    }

    /// The reply, if the service could do it.
    private func possible(_ reply: Reply.Result) throws(Failure) -> Reply.Result {
        guard case .failed(let trouble) = reply else { return reply }
        var failure = Failure(trouble.error)
        if !isOwner {
            let hint = Phrase("your administrator can find the same line in the system log")
            failure.hints = [hint.text]
        }
        failure.trouble = trouble.error
        throw failure
    }

    /// Makes a change, with a code if the service wants one.
    func change(_ command: Command) throws(Failure) -> ChangeDocument {
        switch try askWithProof(command) {
        case .done(let change): return change
        case let other: throw failure(other)
        }
    }

    /// Sends a request for a change, with one of the user's codes if the service wants one.
    func askWithProof(_ command: Command) throws(Failure) -> Reply.Result {
        // Without one first: a request that is impossible uses up no code.
        let reply = try ask(command)
        guard case .denied(.proofNeeded) = reply else { return reply }
        var typed = Terminal.readAnswer(UserText.question.text)
        defer { Secret.wipe(&typed) }
        let answered = try ask(command, proof: String(decoding: typed, as: UTF8.self))
        if case .outcome(let outcome) = answered { try VerdictText(outcome).require(of: userName) }
        return answered
    }

    /// The user's account.
    func account() throws(Failure) -> AccountDocument {
        switch try ask(.status) {
        case .account(let account): return account
        case let other: throw failure(other)
        }
    }

    /// The account of a user who has something to log in with; otherwise throws.
    func enrolledAccount() throws(Failure) -> AccountDocument {
        let account = try account()
        guard account.isEnrolled else { throw notEnrolled }
        return account
    }

    /// What the options say about things explained to users; requested once per command.
    func policy() throws(Failure) -> PolicyDocument {
        if let policy = service.policy { return policy }
        switch try ask(.policy) {
        case .policy(let policy):
            service.policy = policy
            return policy
        case let other: throw failure(other)
        }
    }
}

extension Command {
    /// Whether it is about the options, or about the whole store.
    fileprivate var isAboutNobody: Bool {
        switch self {
        case .policy, .recorded, .rows, .helpDesk, .mailReport, .keys, .forget, .makeStore,
            .rekey, .bring, .backUp, .restore:
            true
        default: false
        }
    }

    /// Whether the log or event list names the caller.
    fileprivate var isToldOf: Bool {
        switch self {
        case .policy, .recorded, .rows, .helpDesk, .mailReport, .keys, .status, .begin,
            .makeStore, .speak:
            false
        default: true
        }
    }
}
