import OTPCore
import OTPWire

// Users who were renamed or renumbered.
extension RequestHandler {
    /// Has `move` make the record of `owner`, an earlier name or UID of the user, the user's own, or
    /// only check whether that is possible; `isHere` says whether there still is such a user. `move`
    /// gets what else is done to the record, and throws `.exists` if the user has one already.
    public func move(
        _ owner: User, isHere: Bool, rehearses: Bool,
        by move: (((inout Record) -> Void)?) throws(StoreError) -> Void
    ) throws(StoreError) -> Reply.Result {
        guard !isHere else { return .denied(reason: .isHere(name: owner.shownName)) }
        let event = event(.moved, detail: Array(owner.nameAndNumber.utf8), at: try clock.now())
        do throws(StoreError) {
            let note: (inout Record) -> Void = { record in record.note(event) }
            try move(rehearses ? nil : note)
        } catch {
            guard error.code == .exists else { throw error }
            return .denied(reason: .isEnrolled)
        }
        var done = ChangeDocument(rehearses ? nil : event)
        done.record = NumberDocument(uid: owner.uid, users: [owner.shownName])
        if !rehearses { log(LogLine(event, from: owner)) }
        return .done(change: done)
    }
}
