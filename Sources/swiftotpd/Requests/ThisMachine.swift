import OTPCore
import OTPService
import OTPStore
import OTPWire

/// What a request needs of this machine: its store, users, clock, log and messenger.
struct ThisMachine: Surroundings {
    let options: Options
    /// The way to the servers of a fleet.
    let agent: FleetAgent
    let announcer: Announcer
    let clock: any Clock = SystemClock()
    let random: any Randomness = SystemRandom()
    let users: any UserDirectory = SystemUsers()
    /// Who asks.
    private let peer: Peer
    private let passes: HelpDeskPasses<UInt32>
    /// Looked for once per connection.
    private let leftovers: Store.Leftovers

    init(
        _ settings: Settings, _ options: Options, _ peer: Peer, _ leftovers: Store.Leftovers,
        _ passes: HelpDeskPasses<UInt32>
    ) {
        self.options = options
        self.peer = peer
        agent = settings.agent
        self.passes = passes
        self.leftovers = leftovers
        announcer = Announcer(settings, options)
    }

    var source: SourceID { .command }
    var hostName: [UInt8] { SystemHost.name() }
    var helpDesk: (any HelpDesk)? { GroupHelpDesk(options) }

    func store() throws(StoreError) -> Store? {
        let store = try Store.openIfMade(path: options.store, leftovers: leftovers)
        store.map { announcer.listen(to: $0) }
        return store
    }

    /// Root makes the store if there is none, and so does the owner of a service of their own.
    func storeForMore(
        for caller: Rights.Caller, by operatorName: [UInt8]
    ) throws(StoreError) -> Store {
        guard caller == .root || caller == .owner else {
            if let store = try store() { return store }
            throw Store.notMade(options.store)
        }
        let (store, made) = try Store.make(path: options.store, leftovers: leftovers)
        ServiceLog.write(made, store, by: operatorName)
        announcer.listen(to: store)
        return store
    }

    func perform(
        _ command: StoreCommand, for handler: RequestHandler<ThisMachine>
    ) throws(StoreError) -> Reply.Result {
        switch command {
        case .move(let old, let rehearses):
            try handler.move(from: old, rehearses: rehearses)
        case .forget(let record): try handler.forget(record)
        case .make(let startsEmpty): try handler.makeStore(startsEmpty: startsEmpty)
        case .bring(let numbers, let adds, let rehearses):
            try handler.bring(numbers, adds: adds, rehearses: rehearses)
        case .rekey(let step): try handler.rekey(step)
        case .backUp(let step): try handler.backUp(step)
        case .restore(let order): try handler.restore(order)
        }
    }

    func hasPass(_ member: User, epoch: UInt64) -> Bool {
        passes.isLive(for: member.uid, epoch: epoch)
    }

    func givePass(to member: User, epoch: UInt64) { passes.give(to: member.uid, epoch: epoch) }

    func log(_ priority: LogPriority, _ line: LogLine) { ServiceLog.write(priority, line) }
    func logTry(_ line: LogLine) { ServiceLog.write(.notice, tryBy: peer, line) }
}

extension Store: AccountStore {
    public func userIDs(
        after number: UInt32?
    ) throws(StoreError) -> (numbers: [UInt32], isAll: Bool) {
        (try userIDs().filter { uid in number.map { uid > $0 } ?? true }, true)
    }

    public func path(ofRecordOf user: User) -> [UInt8] { path(ofRecord: user.uid) }
}
