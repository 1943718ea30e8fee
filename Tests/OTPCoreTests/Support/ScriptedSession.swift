import Testing

@testable import OTPCore

/// A record in memory that logs what is done to it, in order, and fails where the script says so.
final class ScriptedSession: RecordSession {
    /// A step of the session, with the state that would be written then.
    enum Step: Equatable {
        case charge(failures: UInt32, nextStep: UInt64)
        case commit(failures: UInt32, nextStep: UInt64)
        case close
    }

    var record: Record
    private(set) var steps: [Step] = []
    var chargeFails = false
    var commitFails = false
    let journal: Journal?

    init(_ record: consuming Record, journal: Journal? = nil) {
        self.record = record
        self.journal = journal
    }

    private var state: (failures: UInt32, nextStep: UInt64) {
        (record.throttle.failures, record.authenticators.first?.nextStep ?? 0)
    }

    func withRecord<Result, Failure: Error>(
        _ body: (inout Record) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(&record)
    }

    func charge() throws(StoreError) {
        steps.append(.charge(failures: state.failures, nextStep: state.nextStep))
        journal?.note("charge")
        if chargeFails { throw StoreError(.system, ascii("disk"), "no space") }
    }

    func commit() throws(StoreError) {
        steps.append(.commit(failures: state.failures, nextStep: state.nextStep))
        journal?.note("commit")
        if commitFails { throw StoreError(.system, ascii("disk"), "no space") }
    }

    func close() {
        steps.append(.close)
        journal?.note("close")
    }
}
