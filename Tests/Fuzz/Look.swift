/// The parts of a record that matter to a login.
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
    /// Whether this is a guess: its length is that of a device's code, and it was not refused
    /// before.
    func counts(_ typed: [UInt8]) -> Bool {
        let answer = Answer(typed.span)
        guard let mark = answer.mark, !refused.contains(mark) else { return false }
        switch answer {
        case .code(_, let digits): return authenticators.contains { $0.digits == digits }
        default: return true
        }
    }
}

/// The store's state for a user.
enum Look: Equatable {
    case none
    case record(Summary)
    case broken

    /// Looks as programs do, or at the disk.
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
