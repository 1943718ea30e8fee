import OTPCore
import OTPStore

/// What the command line comes down to: the options that hold, and whom the command is about.
struct Workplace {
    /// The configuration, with the command line's word over the file's.
    let options: Options
    /// Whom the command is about.
    let user: User
    /// The store, where it is open already because the command is about many users.
    let opened: Store?

    /// Whether the caller can read the configuration.
    let knowsPolicy: Bool
    /// Whether an ordinary user asks swiftotpd instead of opening the store.
    let usesHelper: Bool
    /// Where that listens; `nil` for the usual place.
    let socket: [UInt8]?

    /// Who can give a command.
    enum Audience {
        /// Whoever may open the store: root, or anybody with a store of their own.
        case owner
        /// Everybody about themselves, by way of swiftotpd.
        case everybody
    }

    /// Finds out options and user; `name` is who the command line says it is about.
    init(_ global: GlobalOptions, user name: String?, for audience: Audience = .owner) throws {
        var arguments: [[UInt8]] = []
        if let file = global.config { arguments.append(Array("conf=\(try absolute(file))".utf8)) }
        if let store = global.store { arguments.append(Array("store=\(try absolute(store))".utf8)) }
        let isCitizen = !Machine.isRoot && audience == .everybody && global.store == nil
        do throws(StoreError) {
            options = try ConfigurationFile.options(arguments)
            knowsPolicy = true
        } catch {
            // A policy that users cannot read is applied by the service all the same.
            guard isCitizen, global.config == nil, error.code == .system else { throw error }
            options = Options()
            knowsPolicy = false
        }
        // A store that the system's own configuration names is no store of one's own.
        usesHelper = isCitizen && (options.store == nil || global.config == nil)
        socket = try global.socket.map { Array(try absolute($0).utf8) }
        user = try Workplace.user(name)
        opened = nil
        try checkCaller()
    }

    /// The same for one of many users, whose store is opened once for all of them.
    init(_ user: String, after other: Workplace, in store: Store?) throws {
        options = other.options
        knowsPolicy = true
        usesHelper = false
        socket = nil
        opened = store
        self.user = try Workplace.user(user)
        try checkCaller()
    }

    private func checkCaller() throws {
        guard Machine.isRoot || user.uid == Machine.caller else {
            throw Failure(
                "only root may do this for \(Output.printable(user.name))",
                hint: "leave the name out to do it for yourself, or use sudo")
        }
        guard Machine.isRoot || usesHelper || options.store != nil else {
            throw Failure(
                "only root can open \(String(decoding: Store.defaultPath, as: UTF8.self))",
                hint: "use sudo, or --store with a folder of your own")
        }
    }

    /// The way to the user's second factor.
    var access: any Access { usesHelper ? HelperAccess(self) : StoreAccess(workplace: self) }

    /// The user's name as it may be shown.
    var userName: String { Output.printable(user.name) }

    private static func user(_ name: String?) throws -> User {
        let users = SystemUsers()
        guard let name else {
            guard let user = try users.user(withID: Machine.caller) else {
                throw Failure("user \(Machine.caller), who calls this, has no name on this system")
            }
            return user
        }
        guard let user = try users.user(named: Array(name.utf8)) else {
            throw Failure(
                "there is no user \"\(Output.printable(name))\"",
                hint: "`getent passwd` lists the users, `otp-enroll --help` the commands")
        }
        return user
    }

    // MARK: The store

    /// Opens the store; `nil` where there is none yet.
    func store() throws -> Store? {
        if let opened { return opened }
        do throws(StoreError) {
            return try Store(path: options.store)
        } catch {
            if error.code == .missing { return nil }
            throw error
        }
    }

    /// Calls `body` with the user's record open and locked, and keeps what it changed; the record
    /// says that `kind` happened, with `detail`, and so do the system's log and mail.
    func change<Result>(
        _ kind: Event.Kind, detail: [UInt8] = [],
        _ body: (inout Record, _ now: UInt64) throws -> Result
    ) throws -> Result {
        try edit(makesRecord: false) { record, now in
            (try body(&record, now), event(kind, detail: detail, at: now))
        }
    }

    /// The same where the event depends on what `body` finds, and where a record may be made for
    /// a user who has none.
    func edit<Result>(
        makesRecord: Bool, _ body: (inout Record, _ now: UInt64) throws -> (Result, Event)
    ) throws -> Result {
        let store =
            makesRecord ? try opened ?? Store.openOrMake(path: options.store) : try store()
        guard let store else { throw notEnrolled }
        let now = try SystemClock().now()
        // Somebody else may make or remove the record between the looks; each round is one look.
        for _ in 0..<16 {
            if let session = try store.open(user) {
                let (result, event) = try edited(session, at: now, body)
                announce(event)
                return result
            }
            guard makesRecord else { throw notEnrolled }
            var record = Record()
            let (result, event) = try body(&record, now)
            record.note(event)
            do throws(StoreError) {
                try store.make(record, of: user)
            } catch {
                guard error.code == .exists else { throw error }
                continue
            }
            announce(event)
            return result
        }
        throw Failure("somebody else is changing the same record all the time")
    }

    private func edited<Result>(
        _ session: RecordFile, at now: UInt64,
        _ body: (inout Record, _ now: UInt64) throws -> (Result, Event)
    ) throws -> (Result, Event) {
        defer { session.close() }
        let changed = try session.withRecord { record in
            Swift.Result {
                let (result, event) = try body(&record, now)
                record.note(event)
                return (result, event)
            }
        }.get()
        try session.commit()
        return changed
    }

    /// Tries an answer as a login from this machine would, through the same throttle.
    func attempt(_ answer: borrowing Answer, on session: RecordFile) throws -> Outcome {
        let clock = SystemClock()
        let outcome = try attempt(as: .verified)
            .run(answer, on: session, at: try clock.now(), boot: clock.boot())
        announce(outcome)
        return outcome
    }

    /// How a try is made here; a success counts as `kind`.
    func attempt(as kind: Event.Kind) -> Attempt {
        let here: [UInt8] = []
        return Attempt(
            verifier: Verifier(window: options.window), origin: Workplace.origin,
            source: SourceID(here.span), successKind: kind)
    }

    /// What a command says that needs a record where there is none.
    var notEnrolled: Failure {
        Failure("\(userName) is not enrolled", hint: "`otp-enroll add \(userName)` enrolls")
    }
}

/// `path`, from the working folder on where it is relative.
private func absolute(_ path: String) throws -> String {
    if path.hasPrefix("/") { return path }
    guard let folder = Machine.workingFolder else {
        throw Failure("the working folder cannot be found", hint: "name files by absolute paths")
    }
    return folder + "/" + path
}
