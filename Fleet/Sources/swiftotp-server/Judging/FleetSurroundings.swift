import FleetStore
import OTPCore
import OTPService
import OTPStore
import OTPSystem
import OTPWire

/// What a command of a fleet's user needs, in one unit of work.
struct FleetSurroundings: Surroundings {
    let records: FleetRecords
    let options: Options
    let source: SourceID
    let hostName: [UInt8]
    let lines: PendingLines
    /// Who has the earlier name or UID of a user at the host; `nil` for nobody.
    var former: User?
    /// Whether users are told apart by name alone.
    var goesByNames = false

    let users: any UserDirectory = NoUsers()
    let helpDesk: (any HelpDesk)? = nil
    let clock: any Clock = FleetClock()
    let random: any Randomness = SystemRandom()
    let announcer: PendingMessages

    func store() throws(StoreError) -> FleetRecords? { records }

    func storeForMore(
        for caller: Rights.Caller, by operatorName: [UInt8]
    ) throws(StoreError) -> FleetRecords { records }

    func perform(
        _ command: StoreCommand, for handler: RequestHandler<FleetSurroundings>
    ) throws(StoreError) -> Reply.Result {
        guard case .move(let old, let rehearses) = command else {
            return .denied(reason: .rootOnly)
        }
        guard let owner = try records.former(old) else { return .denied(reason: .noRecord) }
        // Whose record this is now has nowhere to get it from.
        let isHere = [former, handler.user].contains { user in
            user?.name == owner.name && (goesByNames || user?.uid == owner.uid)
        }
        return try handler.move(owner, isHere: isHere, rehearses: rehearses) {
            (note) throws(StoreError) in
            try records.move(owner, note)
        }
    }

    /// Every act costs a code.
    func hasPass(_ member: User, epoch: UInt64) -> Bool { false }
    func givePass(to member: User, epoch: UInt64) {}

    func log(_ priority: LogPriority, _ line: LogLine) { lines.add(priority, line) }
}

/// Lines for the log, written once what they say is stored.
final class PendingLines {
    private(set) var lines: [(LogPriority, LogLine)] = []

    func add(_ priority: LogPriority, _ line: LogLine) { lines.append((priority, line)) }

    /// Begins again, for a unit of work that is run again.
    func clear() { lines = [] }

    /// Writes them; each is about a user of the host's realm.
    func write(at host: HostRow, isStored: Bool = true) {
        for (priority, line) in lines {
            var line = line
            line.add("realm", outside: Array(host.realm.utf8))
            if !isStored { line.addUnstored() }
            SystemLog.write(line.bytes, CInt(priority.rawValue))
        }
    }
}

/// Users are the hosts' to know.
struct NoUsers: UserDirectory {
    func user(named name: [UInt8]) throws(StoreError) -> User? { nil }
    func isMember(_ user: User, of group: [UInt8]) throws(StoreError) -> Bool { false }
}
