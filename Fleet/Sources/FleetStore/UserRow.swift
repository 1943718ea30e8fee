import OTPCore

/// A user's row, open in memory, and what a unit of work has staged for it.
final class UserRow {
    /// Names the row; part of what its record is bound to.
    let id: RowID
    let realm: [UInt8]
    private(set) var name: [UInt8]
    /// The stored UID.
    private(set) var uid: UInt32
    /// The stored version; 0 for a row that is not stored yet.
    let version: Int64
    /// What is sealed in it.
    let sealed: SealedRow
    /// What strangers have failed at this host.
    var here: (failures: UInt32, last: UInt64)
    /// What they have failed at the others.
    var elsewhere: (failures: UInt32, last: UInt64)
    /// Whether it stands in for names without a row.
    let isDecoy: Bool

    /// What of the record is not sealed.
    private(set) var summary = Summary()
    /// Whether this host's count has changed.
    private(set) var countsHere = false
    /// Whether the counts of the other hosts are to be set to 0.
    private(set) var clearsElsewhere = false
    /// What the user is to be told once it is stored.
    private(set) var events: [Event] = []
    /// What the fleet's floor has done to the record, told with the first change.
    var restored: [Event] = []
    private(set) var language: Language?
    /// The mail address of the record as it was opened first, and as it is staged.
    private(set) var addresses: (before: String?, now: String?) = (nil, nil)
    private var isOpened = false

    /// What an admin may see of a record.
    struct Summary: Equatable {
        var isEnrolled = false
        var authenticators = 0
        var backupCodesLeft = 0
        var failures: UInt32 = 0
        var isClosed = false
        var lastLogin: UInt64 = 0
    }

    init(
        id: RowID, realm: [UInt8], name: [UInt8], uid: UInt32, version: Int64, sealed: SealedRow,
        here: (failures: UInt32, last: UInt64) = (0, 0),
        elsewhere: (failures: UInt32, last: UInt64) = (0, 0), isDecoy: Bool = false
    ) {
        self.id = id
        self.realm = realm
        self.name = name
        self.uid = uid
        self.version = version
        self.sealed = sealed
        self.here = here
        self.elsewhere = elsewhere
        self.isDecoy = isDecoy
    }

    /// What it is sealed for.
    var place: RecordSealing.Place {
        RecordSealing.Place(id: id, realm: realm, name: name, uid: uid)
    }

    /// The version that is stored next.
    func next() throws(StoreError) -> Int64 {
        let (next, overflow) = version.addingReportingOverflow(1)
        guard !overflow else { throw StoreError(.damaged, name, "no version is left") }
        return next
    }

    /// Its record as it was stored; `nil` if it was removed.
    func record() throws(StoreError) -> Record? {
        guard let bytes = sealed.record else { return nil }
        guard let record = Record(decoding: bytes.span) else {
            throw StoreError(.damaged, name, "the record was made by a newer release")
        }
        return record
    }

    /// Whether the last request that changed it was this one.
    func isAnswered(_ act: Act) -> Bool {
        sealed.last == SealedRow.Request(id: act.request, host: act.host.id)
    }

    /// Notes where the user is told, before anything is changed.
    func note(opened record: borrowing Record) {
        guard !isOpened else { return }
        isOpened = true
        addresses.before = record.messaging.contact(.mail)?.text
    }

    /// Stages a record; it is stored when the unit of work ends.
    func stage(_ record: inout Record) throws(StoreError) {
        var encoded = record.encoded
        guard encoded.count <= Record.maximumEncodedLength else {
            Secret.wipe(&encoded)
            throw StoreError(.system, name, "the record has grown too large")
        }
        replace(by: encoded)
        events += restored + record.takeUntold()
        restored = []
        language = record.language
        addresses.now = record.messaging.contact(.mail)?.text
        guard !isDecoy else { return }
        let throttle = record.throttle
        let shared = (throttle.shared.failures, throttle.shared.last)
        if shared != here {
            here = shared
            countsHere = true
        }
        if elsewhere.failures > 0, throttle.elsewhere.failures == 0 {
            elsewhere = (0, 0)
            clearsElsewhere = true
        }
        summary = Summary(
            isEnrolled: record.isEnrolled, authenticators: record.authenticators.count,
            backupCodesLeft: record.backupCodesLeft, failures: throttle.failures,
            isClosed: throttle.isClosedToStrangers, lastLogin: throttle.lastLogin ?? 0)
    }

    /// Gives the row another name and UID, with what is staged.
    func rename(to name: [UInt8], uid: UInt32) { (self.name, self.uid) = (name, uid) }

    /// Stages that there is no record. The row stays, so that its version goes on.
    func stageRemoval() {
        replace(by: nil)
        summary = Summary()
        countsHere = true
        here = (0, 0)
        clearsElsewhere = true
    }

    /// Puts an encoded record, or none, in place of the one that is there, which is wiped.
    func replace(by encoded: [UInt8]?) {
        if var old = sealed.record {
            sealed.record = nil
            Secret.wipe(&old)
        }
        sealed.record = encoded
    }
}
