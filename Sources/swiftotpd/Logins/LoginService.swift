import OTPCore
import OTPStore
import OTPWire

/// One login: what PAM reported of it, as far as it is believed, and the flow.
struct LoginService {
    /// How long the last frames may take to be accepted.
    private static let patience = Duration.seconds(10)

    private let settings: Settings
    private let peer: Peer
    private let request: LoginRequest
    private let place: LoginOrigin
    private let asker: Result<LoginAsker, StoreError>

    init(_ settings: Settings, _ peer: Peer, _ request: LoginRequest) {
        (self.settings, self.peer, self.request) = (settings, peer, request)
        do throws(StoreError) {
            asker = .success(try LoginAsker(request, of: peer, settings))
        } catch {
            asker = .failure(error)
        }
        switch try? asker.get().kind {
        case .verifier(let name): place = LoginOrigin(of: name, service: request.service)
        case _ where peer.isOwner:
            place = LoginOrigin(
                service: request.service, address: request.address,
                methods: request.sshMethods, remoteUser: request.remoteUser)
        default: place = LoginOrigin(ofAnyProgram: request.service)
        }
    }

    /// Runs the login on `channel`, and logs one line.
    func serve(on channel: consuming FrameChannel) {
        // sshd's own environment says nothing about the client's terminal. What a verifier is told
        // may reach nobody.
        let conversation = TerminalConversation(
            channel, isSilent: request.isSilent || place.verifier != nil,
            showsASCII: request.showsASCII && !place.isSSHD)
        let log = LoginLog(
            place: place, terminal: peer.isOwner ? request.terminal : [], user: request.user)
        var announcer: Announcer?
        let result = run(conversation, log, &announcer)
        let (priority, line) = log.line(for: result)
        // A user who could stop or kill the asking program could keep its line out of the log.
        let isOurs = !peer.isOwnersAlone
        if !isOurs { conversation.log(priority, line) }
        let isHeard = conversation.end(LoginEnd(result), within: LoginService.patience)
        if isOurs || !isHeard {
            // A verifier's lines are about many people, and none may be missing.
            ServiceLog.write(
                priority, line, of: place.service, by: peer, isLimited: place.verifier == nil)
        }
        announcer?.tellAfterLogin()
        noteOtherNumber(after: result, log)
    }

    /// Logs that a user's record has another UID, if the user was just refused as not enrolled. It
    /// does so now, when nobody waits, and after each refusal, so that the next login takes the
    /// same time whoever this one was. A service started for this login is waited for until it has
    /// exited.
    private func noteOtherNumber(after result: LoginResult, _ log: LoginLog) {
        guard !settings.isForOneConnection else { return }
        guard case .refused = result else { return }
        do throws(StoreError) {
            let options = try asker.get().options
            let user = try SystemUsers().user(named: request.user)
            guard !options.belongsToFleet(user) else { return }
            let store = try Store(path: options.store)
            guard let user else {
                _ = try store.number(of: request.user)
                return
            }
            try store.checkOtherNumber(of: user)
        } catch {
            guard error.code == .otherUser else { return }
            let (priority, line) = log.line(aboutOtherNumber: error)
            ServiceLog.write(priority, line, of: place.service, by: peer)
        }
    }

    private func run(
        _ conversation: TerminalConversation, _ log: LoginLog, _ announcer: inout Announcer?
    ) -> LoginResult {
        do throws(StoreError) {
            let asker = try asker.get()
            let options = asker.options
            if options.debug, peer.isOwner {
                let line = log.line(about: options, isSilent: request.isSilent)
                conversation.log(.debug, line)
            }
            if !options.language.isEnglish { conversation.speak(options.language) }
            if try belongsToFleet(asker) { return runInFleet(conversation, asker) }
            let told = Announcer(settings, options)
            announcer = told
            let accounts = RecordAccounts(
                clock: SystemClock(), random: SystemRandom(), options: options,
                send: { told.send($0) },
                openStore: { () throws(StoreError) -> Store in
                    let store = try Store(path: options.store)
                    told.listenToLogin(on: store)
                    return store
                })
            return flow(conversation, asker, options, accounts).run(request.user, from: place)
        } catch {
            conversation.say(UserText.unavailable)
            return .unavailable(error)
        }
    }

    /// Whether the fleet's servers know this user: also a name that is nobody's here, so that a
    /// stranger learns nothing from the time that an answer takes.
    private func belongsToFleet(_ asker: LoginAsker) throws(StoreError) -> Bool {
        guard asker.options.fleet, !settings.isLocal else { return false }
        return asker.options.belongsToFleet(try asker.users.user(named: request.user))
    }

    /// Asks the fleet's servers; while none is reached, the option `offline` says what follows.
    private func runInFleet(
        _ conversation: TerminalConversation, _ asker: LoginAsker
    ) -> LoginResult {
        let (agent, options) = (settings.agent, asker.options)
        let flow = flow(conversation, asker, options, agent.accounts)
        // Whoever checks others' codes by a program is not there to be asked something else.
        guard options.offline != .deny, place.verifier == nil else {
            return flow.run(request.user, from: place)
        }
        let ledger = AgentLedger(agent: agent)
        // At once if the agent's heartbeat knows; otherwise after the first call that failed.
        if ledger.isCutOff { return flow.runOffline(request.user, from: place, on: ledger) }
        do throws(StoreError) {
            let result = try flow.attempt(request.user, from: place)
            if options.offline == .recent { ledger.note(result, of: request.user, from: place) }
            return result
        } catch {
            if ledger.isCutOff { return flow.runOffline(request.user, from: place, on: ledger) }
            conversation.say(UserText.unavailable)
            return .unavailable(error)
        }
    }

    private func flow<Book: Accounts>(
        _ conversation: TerminalConversation, _ asker: LoginAsker, _ options: Options,
        _ accounts: Book
    ) -> LoginFlow<
        TerminalConversation, SystemClock, LoginUsers, Book, SystemRandom, QRLibrary
    > {
        LoginFlow(
            conversation: conversation, clock: SystemClock(), users: asker.users,
            random: SystemRandom(), codes: QRLibrary(), options: options,
            hostName: SystemHost.name, accounts: accounts)
    }
}

extension LoginRequest {
    /// The longest text from sshd that is read; in a longer one nothing counts.
    private static let maximumMethods = SSHMethods.maximumLength

    /// The client's numeric address if sshd reports it, otherwise PAM_RHOST; empty for neither.
    var address: [UInt8] {
        connection.split(separator: UInt8(ascii: " ")).first.map { Array($0) } ?? remoteHost
    }

    /// What sshd has checked in this session so far. Only from sshd, whose terminal is `ssh`: other
    /// programs that use that variable in PAM's environment are not believed.
    var sshMethods: [UInt8]? {
        guard !methods.isEmpty, methods.count <= LoginRequest.maximumMethods,
            terminal.elementsEqual("ssh".utf8)
        else { return nil }
        return methods
    }
}

extension LoginEnd {
    /// The one table from a login's result to what the module is told.
    init(_ result: LoginResult) {
        switch result {
        case .granted, .trusting, .trusted, .securityKey, .enrolled, .offline: self = .success
        case .refused: self = .refused
        case .ignored: self = .ignored
        case .unavailable: self = .unavailable
        case .conversationFailed: self = .conversationFailed
        }
    }
}
