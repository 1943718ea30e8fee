import ArgumentParser
import OTPCore
import OTPSystem
import OTPWire

/// The way to swiftotpd: to the one that listens, or to one started for this command.
///
/// Each request has its own connection, except in a `series`, so that none is kept while somebody
/// types.
final class ServiceConnection {
    /// Where the service is.
    private enum Way {
        /// It listens at this path, or at the default one.
        case listening(path: [UInt8]?)
        /// It is started with these arguments.
        case own(words: [String])
    }

    private var way: Way
    private var client: ServiceClient?
    private var process: ChildProcess?
    private var isSeries = false

    /// Whether the command line names a store or a configuration of its own.
    let isOwn: Bool
    /// The service's reply about the options.
    var policy: PolicyDocument?

    /// How long a service of our own may take to exit after the connection is closed.
    private static let patience = Duration.seconds(2)

    convenience init(_ global: GlobalOptions) throws {
        guard global.socket == nil || (global.config == nil && global.store == nil) else {
            throw ValidationError(
                "--socket names a service with its own options and store: it cannot be"
                    + " combined with --config or --store.")
        }
        guard !global.local || (Machine.isRoot && global.socket == nil) else {
            throw ValidationError("--local is for root, and cannot be combined with --socket.")
        }
        try self.init(
            configuration: global.config, store: global.store, socket: global.socket,
            isLocal: global.local)
    }

    /// `configuration` and `store` are for a service of our own. One is also started if
    /// `avoidsListener` or `isLocal`.
    init(
        configuration: String?, store: String?, socket: String?, avoidsListener: Bool = false,
        isLocal: Bool = false
    ) throws {
        var words: [String] = []
        if let configuration { words += ["--config", try configuration.absolutePath] }
        if let store { words += ["--store", try store.absolutePath] }
        isOwn = !words.isEmpty
        if isLocal { words.append("--local") }
        way =
            isOwn || avoidsListener || isLocal
            ? .own(words: words)
            : .listening(path: try socket.map { Array(try $0.absolutePath.utf8) })
    }

    deinit { leave() }

    // MARK: Asking

    /// Sends a request, and returns its reply. If none comes, it is unknown whether the request,
    /// perhaps a change, was carried out.
    func send(_ request: Request) throws(Failure) -> Reply.Result {
        let client = try connect()
        if !isSeries, case .listening = way { self.client = nil }
        let reply: Reply.Result
        do throws(StoreError) {
            reply = try client.send(request)
        } catch {
            leave()
            guard !error.isOfAnotherVersion else { throw Failure(error) }
            throw Failure(
                Output.printable(error.text),
                hint: request.command.isChange
                    ? Phrase("it may or may not have been done; check `otp-enroll status`").text
                    : Phrase("try again in a moment").text)
        }
        return try ServiceConnection.understood(reply)
    }

    /// Sends requests that change nothing, each before the reply to the previous one is read: both
    /// ends work at the same time. `take` gets the replies.
    func send(
        _ requests: some Sequence<Request>, _ take: (Reply.Result) throws -> Void
    ) throws {
        do {
            let client = try connect()
            var isWaiting = false
            for request in requests {
                try client.post(request)
                if isWaiting { try take(ServiceConnection.understood(client.reply())) }
                isWaiting = true
            }
            if isWaiting { try take(ServiceConnection.understood(client.reply())) }
        } catch {
            // A reply may still be on its way.
            leave()
            throw error
        }
    }

    /// The reply, if both ends speak the same version.
    private static func understood(_ reply: Reply.Result) throws(Failure) -> Reply.Result {
        switch reply {
        case .denied(.malformed), .denied(.otherVersion): throw Failure.otherVersion
        default: return reply
        }
    }

    /// Sends all requests of `body` on one connection; nobody is waited for between them.
    func series<Result>(_ body: () throws -> Result) throws -> Result {
        isSeries = true
        defer {
            isSeries = false
            if case .listening = way { client = nil }
        }
        return try body()
    }

    // MARK: Connecting

    private func connect() throws(Failure) -> ServiceClient {
        if let client, process?.ended() == nil { return client }
        leave()
        let client: ServiceClient
        switch way {
        case .own(let words): client = try start(words)
        case .listening(let path): client = try find(path)
        }
        client.warn = { why in
            let why = Output.printable(why)
            Output.note(Phrase("warning: the user could not be told by mail: \(why)").text)
        }
        self.client = client
        return client
    }

    /// Connects to the service that listens. If none does, root starts one, unless the command line
    /// names one.
    private func find(_ path: [UInt8]?) throws(Failure) -> ServiceClient {
        do throws(StoreError) {
            return try ServiceClient(path: path)
        } catch {
            guard error.code == .missing else { throw Failure(error) }
            guard Machine.isRoot, path == nil else {
                throw Failure.notListening(path ?? ServiceClient.defaultPath)
            }
        }
        do throws(Failure) {
            let client = try start([])
            way = .own(words: [])
            return client
        } catch {
            throw Failure(
                error.message,
                hints: error.hints + [Failure.notListening(ServiceClient.defaultPath).message])
        }
    }

    private func start(_ words: [String]) throws(Failure) -> ServiceClient {
        let program = OwnService.program
        let service = try OwnService.start(program, words)
        process = consume service.process
        do throws(StoreError) {
            return try ServiceClient(service.socket, startedFrom: Array(program.utf8))
        } catch {
            leave()
            throw Failure(error)
        }
    }

    /// Closes the connection; a service of our own exits then.
    private func leave() {
        client = nil
        guard var process = process.take() else { return }
        _ = process.wait(until: Deadline(in: ServiceConnection.patience))
    }
}

extension Command {
    /// Whether it changes something.
    fileprivate var isChange: Bool {
        switch self {
        case .policy, .status, .recorded, .rows, .helpDesk, .mailReport, .keys, .verify, .backUp:
            false
        case .resync, .renewBackupCodes, .remove, .revokeTrust, .disable, .reset, .unlock, .issue,
            .revokeIssued, .begin, .speak, .confirm, .keep, .take, .noteExport, .makeStore, .move,
            .forget, .contact, .confirmContact, .rekey, .bring, .restore:
            true
        }
    }
}

extension String {
    /// This path, made absolute from the current folder.
    fileprivate var absolutePath: String {
        get throws {
            if hasPrefix("/") { return self }
            guard let folder = Machine.workingFolder else {
                throw Failure(
                    Phrase("the working folder cannot be found"),
                    hint: Phrase("use absolute paths"))
            }
            return folder + "/" + self
        }
    }
}
