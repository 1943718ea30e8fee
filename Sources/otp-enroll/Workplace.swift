import OTPCore
import OTPStore

/// What the command line comes down to: the options that hold, and whom the command is about.
struct Workplace {
    /// The configuration, with the command line's word over the file's.
    let options: Options
    /// Whom the command is about.
    let user: User

    /// Finds out options and user; `name` is who the command line says it is about.
    init(_ global: GlobalOptions, user name: String?) throws {
        var arguments: [[UInt8]] = []
        if let file = global.config { arguments.append(Array("conf=\(try absolute(file))".utf8)) }
        if let store = global.store { arguments.append(Array("store=\(try absolute(store))".utf8)) }
        options = try ConfigurationFile.options(arguments)
        user = try Workplace.user(name)
        guard Machine.isRoot || user.uid == Machine.caller else {
            throw Failure(
                "only root may do this for \(Output.printable(user.name))",
                hint: "leave the name out to do it for yourself, or use sudo")
        }
        guard Machine.isRoot || options.store != nil else {
            throw Failure(
                "only root can open \(String(decoding: Store.defaultPath, as: UTF8.self))",
                hint: "use sudo, or --store with a folder of your own")
        }
    }

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
        do throws(StoreError) {
            return try Store(path: options.store)
        } catch {
            if error.code == .missing { return nil }
            throw error
        }
    }

    /// Calls `body` with the user's record, to look at it; `nil` where there is none.
    func look<Result>(_ body: (borrowing Record) -> Result) throws -> Result? {
        guard let session = try store()?.openForReading(user) else { return nil }
        defer { session.close() }
        return session.withRecord { body($0) }
    }

    /// Calls `body` with the user's record open and locked, and keeps what it changed.
    func change<Result>(_ body: (inout Record) -> Swift.Result<Result, Failure>) throws -> Result {
        guard let session = try store()?.open(user) else { throw notEnrolled }
        defer { session.close() }
        let result = try session.withRecord(body).get()
        try session.commit()
        return result
    }

    /// Tries an answer as a login from this machine would, through the same throttle.
    func attempt(_ answer: borrowing Answer, on session: RecordFile) throws -> Outcome {
        let here: [UInt8] = []
        let attempt = Attempt(
            verifier: Verifier(window: options.window), origin: Enrollment.origin,
            source: SourceID(here.span), successKind: .verified)
        return try attempt.run(answer, on: session, at: try SystemClock().now())
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
