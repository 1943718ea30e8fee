import TestSupport
import Testing

@testable import OTPCore

/// What swiftotpd works on for otp-enroll, played: records by uid that change by a commit alone, a clock,
/// and random numbers that are the same in every run.
final class HelperDesk {
    typealias Session = HelperSession<DeskClock, DeskRandom, DeskStore>

    /// The records, as bytes.
    var records: [UInt32: [UInt8]] = [:]
    var time = noon
    var random = Seeded(4)
    var options = Options()
    /// Where set, the store cannot be opened.
    var trouble: StoreError.Code?
    var commitFails = false
    /// Somebody else's doing, just before a record is made.
    var beforeMaking: (() throws -> Void)?
    private(set) var entries: [HelperEntry] = []
    private(set) var opened = 0
    private(set) var closed = 0

    static let alice = User(name: ascii("alice"), uid: 1000, gid: 1000)
    static let bob = User(name: ascii("bob"), uid: 1001, gid: 1001)

    /// A new connection of a user.
    func connection(of user: User = alice) -> HelperTalk { HelperTalk(session(of: user)) }

    private func session(of user: User) -> Session {
        HelperSession(
            of: user, clock: DeskClock(desk: self), random: DeskRandom(desk: self),
            options: options,
            openStore: { () throws(StoreError) in
                if let trouble = self.trouble { throw StoreError(trouble, ascii("/store"), "away") }
                return DeskStore(desk: self)
            },
            makeRecord: { (record, user) throws(StoreError) in
                do { try self.beforeMaking?() } catch { Issue.record(error) }
                guard self.records[user.uid] == nil else {
                    throw StoreError(.exists, ascii("/store/1000"), "there is one")
                }
                self.records[user.uid] = record.encoded
            },
            journal: {
                #expect(self.isTidy, "a line of the log while a record is open")
                self.entries.append($0)
            })
    }

    /// Gives a user a record.
    func enroll(_ record: borrowing Record, as user: User = alice) {
        records[user.uid] = record.encoded
    }

    /// Gives alice a phone, and her backup codes.
    @discardableResult
    func enroll() throws -> [String] {
        var record = try record(phone())
        let codes = record.makeBackupCodes()
        enroll(record)
        return codes
    }

    /// Looks at a user's record.
    func look<Result>(_ user: User = alice, _ body: (borrowing Record) -> Result) throws -> Result {
        let bytes = try #require(records[user.uid])
        guard let record = Record(decoding: bytes.span) else {
            throw StoreError(.damaged, [], "the record cannot be read")
        }
        return body(record)
    }

    /// Whether every record that was opened was closed again.
    var isTidy: Bool { opened == closed }

    struct DeskClock: Clock {
        let desk: HelperDesk
        func now() throws(StoreError) -> UInt64 { desk.time }
        func boot() -> BootTime? { nil }
    }

    struct DeskRandom: Randomness {
        let desk: HelperDesk
        func bytes(_ count: Int) throws(StoreError) -> [UInt8] { desk.random.bytes(count) }
    }

    struct DeskStore: RecordStore {
        let desk: HelperDesk

        func isEnrolled(_ user: User) throws(StoreError) -> Bool {
            guard let session = try open(user) else { return false }
            defer { session.close() }
            return session.withRecord { $0.isEnrolled }
        }

        func open(_ user: User) throws(StoreError) -> DeskRecord? {
            guard let bytes = desk.records[user.uid] else { return nil }
            guard let record = Record(decoding: bytes.span) else {
                throw StoreError(.damaged, [], "no record")
            }
            desk.opened += 1
            return DeskRecord(record, of: user, on: desk)
        }
    }

    final class DeskRecord: RecordSession {
        private var record: Record
        private let user: User
        private let desk: HelperDesk

        init(_ record: consuming Record, of user: User, on desk: HelperDesk) {
            self.record = record
            (self.user, self.desk) = (user, desk)
        }

        func withRecord<Result>(_ body: (inout Record) -> Result) -> Result { body(&record) }

        func charge() throws(StoreError) {
            guard let bytes = desk.records[user.uid], var kept = Record(decoding: bytes.span)
            else { throw StoreError(.damaged, [], "no record") }
            kept.throttle = record.throttle
            desk.records[user.uid] = kept.encoded
        }

        func commit() throws(StoreError) {
            if desk.commitFails { throw StoreError(.system, ascii("/store"), "no space") }
            desk.records[user.uid] = record.encoded
        }

        func close() { desk.closed += 1 }
    }
}

// MARK: Asking

/// A connection as its client sees it.
final class HelperTalk {
    private var session: HelperDesk.Session

    init(_ session: consuming HelperDesk.Session) { self.session = session }

    /// Sends bytes, and gives those that come back.
    func send(_ bytes: [UInt8]) -> [UInt8]? { session.reply(to: bytes.span) }

    /// Sends a request, and reads the reply.
    func ask(_ request: [UInt8]) throws -> HelperAnswer {
        let bytes = try #require(send(request), "no request: \(request)")
        #expect(bytes.count <= HelperReply.maximumLength)
        return try #require(HelperAnswer(bytes), "no reply: \(bytes)")
    }

    func prove(_ typed: String) throws -> Outcome? {
        let typed = ascii(typed)
        return try ask(HelperRequest.proveMessage(typed.span)).outcome
    }

    /// Begins a new authenticator, and gives its key where it may begin.
    func begin(_ name: String? = nil) throws -> [UInt8]? {
        try ask(HelperRequest.beginMessage(device(name))).key
    }

    func confirm(_ typed: String) throws -> HelperAnswer {
        let typed = ascii(typed)
        return try ask(HelperRequest.confirmMessage(typed.span))
    }
}

/// A phone's settings, as every app has them.
func device(_ name: String?) throws -> HelperRequest.NewDevice {
    HelperRequest.NewDevice(
        name: try name.map { try OTPCoreTests.name($0) }, kind: .totp, algorithm: .sha1,
        digits: 6, period: 30, counter: 0)
}

/// The code of any key at a moment.
func code(of key: [UInt8], at time: UInt64 = noon) -> String {
    let value = HOTP.code(
        key: key.span, factor: TOTP.step(at: time, period: 30), algorithm: .sha1, digits: 6)
    return HOTP.text(value, digits: 6)
}

/// A reply, as tests look at it.
struct HelperAnswer {
    var denial: HelperReply.Denial?
    var said: String?
    var outcome: Outcome?
    var sentences: [String]?
    var key: [UInt8]?
    var verdict: OTPCore.Confirmation.Verdict?
    /// What is kept now, and the backup codes that came with it.
    var kept: (name: String, replaced: Bool, skew: Int, codes: [String])?
    var codes: [String]?
    var isDone = false
    var flag: Bool?
    /// A record, as bytes.
    var record: [UInt8]?

    init?(_ bytes: [UInt8]) {
        guard let reply = HelperReply(decoding: bytes.span) else { return nil }
        switch consume reply {
        case .denied(let denial, let text): (self.denial, said) = (denial, text)
        case .outcome(let outcome, let sentences):
            (self.outcome, self.sentences) = (outcome, sentences)
        case .device(_, _, let key): self.key = key.withBytes { $0.array }
        case .verdict(let verdict): self.verdict = verdict
        case .kept(let name, let replaced, let skew, let codes):
            kept = (text(name.bytes), replaced, skew, codes)
        case .codes(let codes): self.codes = codes
        case .done: isDone = true
        case .flag(let flag): self.flag = flag
        case .record(let record): self.record = record.encoded
        }
    }

    var showsEnrolled: Bool? {
        record.flatMap { bytes in Record(decoding: bytes.span)?.isEnrolled }
    }
}
