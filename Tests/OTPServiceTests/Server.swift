import OTPCore
import OTPService
import OTPWire

/// The users that there are.
struct People: UserDirectory {
    static let all = ["alice", "bob", "sue"].enumerated().map { index, name in
        User(name: Array(name.utf8), uid: 1001 + UInt32(index), gid: 100)
    }

    static let (alice, bob, sue) = (all[0], all[1], all[2])

    func user(named name: [UInt8]) throws(StoreError) -> User? {
        People.all.first { $0.name == name }
    }

    func isMember(_ user: User, of group: [UInt8]) throws(StoreError) -> Bool { false }
}

/// A server that answers a request in a unit of work.
struct Server: Surroundings {
    /// A help desk of one.
    struct Desk: HelpDesk {
        func includes(_ user: User) throws(StoreError) -> Bool { user == People.sue }
        func protects(_ user: User) throws(StoreError) -> Bool { user == People.sue }
    }

    struct Time: Clock {
        let seconds: UInt64
        func now() throws(StoreError) -> UInt64 { seconds }
        func boot() -> BootTime? { nil }
    }

    struct Dice: Randomness {
        func bytes(_ count: Int) throws(StoreError) -> [UInt8] {
            (0..<count).map { _ in .random(in: 0...255) }
        }
    }

    /// What was logged, sent, and left to the server.
    final class Journal: AccountAnnouncer {
        fileprivate(set) var lines: [String] = []
        fileprivate(set) var messages: [String] = []
        fileprivate(set) var commands: [StoreCommand] = []

        func send(
            _ code: String, to contact: Contact, of user: User, in language: Language?,
            until end: UInt64
        ) -> Bool {
            messages.append(code)
            return true
        }

        func send(
            temporaryCode code: String, of user: User, in language: Language?,
            to address: MailAddress, until end: UInt64
        ) throws(MessengerClient.Problem) { messages.append(code) }

        func send(report: String, to address: MailAddress) throws(MessengerClient.Problem) {
            messages.append(report)
        }

        func tell(old contact: Contact, of user: User, in language: Language?, at now: UInt64) {
            messages.append("old \(contact.text)")
        }

        func note(_ event: Event, of user: User) { messages.append(event.kind.name) }
    }

    /// A moment at which clocks are right.
    static let start = MachineTime.earliest + 1_000_000

    var options = Options()
    let source = SourceID.command
    var hostName: [UInt8] { Array("otp1".utf8) }
    let users: any UserDirectory = People()
    var helpDesk: (any HelpDesk)? = Desk()
    var clock: any Clock = Time(seconds: start)
    let random: any Randomness = Dice()
    let announcer = Journal()
    let work: Work
    let passes: HelpDeskPasses<String>

    init(_ work: Work, _ passes: HelpDeskPasses<String> = HelpDeskPasses()) {
        (self.work, self.passes) = (work, passes)
    }

    func store() throws(StoreError) -> Work? { work }

    func storeForMore(
        for caller: Rights.Caller, by operatorName: [UInt8]
    ) throws(StoreError) -> Work { work }

    func perform(
        _ command: StoreCommand, for handler: RequestHandler<Server>
    ) throws(StoreError) -> Reply.Result {
        announcer.commands.append(command)
        return .denied(reason: .policy)
    }

    func hasPass(_ member: User, epoch: UInt64) -> Bool {
        passes.isLive(for: member.shownName, epoch: epoch)
    }

    func givePass(to member: User, epoch: UInt64) {
        passes.give(to: member.shownName, epoch: epoch)
    }

    func log(_ priority: LogPriority, _ line: LogLine) {
        announcer.lines.append(String(decoding: line.bytes, as: UTF8.self))
    }

    /// Answers a request of `asking` about `user`; the right is the table's unless it is given.
    func answer(
        _ request: Request, of asking: User, as caller: Rights.Caller = .user,
        about user: User? = nil, right: Rights.Right? = nil
    ) throws -> Reply.Result {
        let user = user ?? asking
        let kind = Rights.kind(of: request.command)
        let target: Rights.Target =
            kind.isAboutEverybody ? .everybody : user == asking ? .oneself : .somebodyElse
        let handler = RequestHandler(
            for: caller, about: user, asking: asking, operatorName: asking.name,
            right: right ?? Rights.right(to: kind, of: caller, about: target), in: self)
        return try handler.run(request)
    }
}
