/// What of a record matters to who logs in.
struct Summary: Equatable {
    let authenticators: [Authenticator]
    let keys: [[UInt8]]
    let backupCodes: BackupSet
    let temporaryCode: IssuedCode?
    let throttle: Throttle
    let trusted: [TrustedKey]
    let timesPutOff: UInt8
    let refused: RefusedAnswers
    let isEnrolled: Bool

    init(_ record: borrowing Record) {
        authenticators = record.authenticators
        keys = authenticators.indices.map { record.withKey(of: $0) { $0.array } }
        backupCodes = record.backupCodes
        temporaryCode = record.temporaryCode
        throttle = record.throttle
        trusted = record.trusted
        timesPutOff = record.timesPutOff
        refused = record.refusedAnswers
        isEnrolled = record.isEnrolled
    }
}

extension Summary {
    /// Whether this is a guess: of a length that a device has, and not refused before.
    func counts(_ typed: [UInt8]) -> Bool {
        let answer = Answer(typed.span)
        guard let mark = answer.mark, !refused.contains(mark) else { return false }
        switch answer {
        case .code(_, let digits): return authenticators.contains { $0.digits == digits }
        default: return true
        }
    }
}

/// What the store has of a user.
enum Look: Equatable {
    case none
    case record(Summary)
    case broken

    /// Looks as programs see it, or at the disk.
    init(at user: User, on machine: Kernel, disk: Bool) {
        machine.showsDisk = disk
        defer { machine.showsDisk = false }
        self = Scene.on(machine) {
            do throws(StoreError) {
                guard let file = try Store(path: nil).openForReading(user) else { return .none }
                return .record(file.withRecord { Summary($0) })
            } catch {
                return .broken
            }
        }
    }

    var summary: Summary? { if case .record(let summary) = self { summary } else { nil } }
    var isEnrolled: Bool { summary?.isEnrolled == true }
}
