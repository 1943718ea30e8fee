import OTPCore
import OTPService

/// What is stored once and for all, as in a database.
final class Ledger {
    /// Encoded records by name. One that cannot be decoded is damaged.
    fileprivate(set) var records: [String: [UInt8]] = [:]
    fileprivate var acts = HelpDeskLog()
    fileprivate let key: SealKey?

    init() {
        var bytes = [UInt8](repeating: 7, count: SealKey.keyLength)
        key = SealKey(
            id: [UInt8](repeating: 1, count: SealKey.idLength), key: Secret(wiping: &bytes))
    }

    func damage(_ name: String) { records[name] = [1, 2, 3] }
}

/// One unit of work on a ledger, which has none of it until `commit`.
final class Work: AccountStore {
    private let ledger: Ledger
    private var staged: [String: [UInt8]] = [:]
    private var removed: Set<String> = []
    private var acts: HelpDeskLog

    init(on ledger: Ledger) {
        self.ledger = ledger
        acts = ledger.acts
    }

    func commit() {
        for name in removed { ledger.records[name] = nil }
        ledger.records.merge(staged) { $1 }
        ledger.acts = acts
    }

    fileprivate func stage(_ record: borrowing Record, of user: User) {
        staged[user.shownName] = record.encoded
    }

    private func bytes(of name: String) -> [UInt8]? {
        staged[name] ?? (removed.contains(name) ? nil : ledger.records[name])
    }

    // MARK: RecordStore

    func prove() throws(StoreError) {}

    func isEnrolled(_ user: User) throws(StoreError) -> Bool {
        try open(user)?.withRecord { $0.isEnrolled } ?? false
    }

    func open(_ user: User) throws(StoreError) -> WorkSession? {
        guard let bytes = bytes(of: user.shownName) else { return nil }
        guard let record = Record(decoding: bytes.span) else {
            throw StoreError(.damaged, path(ofRecordOf: user), "it is damaged")
        }
        return WorkSession(record, of: user, in: self)
    }

    func make(_ record: borrowing Record, of user: User) throws(StoreError) {
        guard bytes(of: user.shownName) == nil else {
            throw StoreError(.exists, user.name, "it is there")
        }
        stage(record, of: user)
    }

    func openDecoy(for name: [UInt8]) throws(StoreError) -> WorkSession? { nil }

    func countMessage(at now: UInt64, most: Int) throws(StoreError) -> Bool { true }

    // MARK: AccountStore

    func openForReading(_ user: User) throws(StoreError) -> WorkSession? { try open(user) }

    func remove(_ user: User) throws(StoreError) {
        staged[user.shownName] = nil
        removed.insert(user.shownName)
    }

    func checkOtherNumber(of user: User) throws(StoreError) {}

    func owner(of number: UInt32) throws(StoreError) -> User? {
        People.all.first { $0.uid == number && bytes(of: $0.shownName) != nil }
    }

    func userIDs(
        after number: UInt32?
    ) throws(StoreError) -> (numbers: [UInt32], isAll: Bool) {
        let all = People.all.filter { bytes(of: $0.shownName) != nil }.map(\.uid)
        return (all.filter { uid in number.map { uid > $0 } ?? true }, true)
    }

    func path(ofRecordOf user: User) -> [UInt8] { Array("record \(user.uid)".utf8) }

    func helpDeskLog() throws(StoreError) -> HelpDeskLog { acts }

    func changeHelpDeskLog(_ body: (inout HelpDeskLog) -> Bool) throws(StoreError) -> Bool {
        body(&acts)
    }

    private static let nonce = [UInt8](repeating: 3, count: SealKey.nonceLength)

    func sealTicket(_ plain: inout [UInt8]) throws(StoreError) -> [UInt8] {
        guard let tag = ledger.key?.seal(&plain, nonce: Work.nonce.span, binding: [UInt8]().span)
        else { throw StoreError(.system, [], "no key") }
        return tag + plain
    }

    func openTicket(_ ticket: [UInt8]) throws(StoreError) -> [UInt8]? {
        let tag = Array(ticket.prefix(SealKey.tagLength))
        var plain = Array(ticket.dropFirst(SealKey.tagLength))
        let isOurs = ledger.key?.open(
            &plain, nonce: Work.nonce.span, binding: [UInt8]().span, tag: tag.span)
        return isOurs == true ? plain : nil
    }
}

/// A record in a unit of work; `commit` stages it as it is then.
final class WorkSession: RecordSession {
    private var record: Record
    private let user: User
    private let work: Work

    fileprivate init(_ record: consuming Record, of user: User, in work: Work) {
        self.record = record
        self.user = user
        self.work = work
    }

    func withRecord<Result, Failure: Error>(
        _ body: (inout Record) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(&record)
    }

    func charge() throws(StoreError) {}
    func commit() throws(StoreError) { work.stage(record, of: user) }
    func close() {}
}
