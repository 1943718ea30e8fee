import OTPCore
import OTPService
import OTPStore
import OTPWire

// Users who were renamed, renumbered or removed.
extension RequestHandler<ThisMachine> {
    /// Makes the record of `old`, an earlier name or UID of the user, the user's own.
    func move(from old: String, rehearses: Bool) throws(StoreError) -> Reply.Result {
        guard let store = try here.store(), let found = try record(of: old, or: user, in: store)
        else { return .denied(reason: .noRecord) }
        let (number, owner) = found
        // The UID in the record is that of its file, unless a move was cut short.
        let former = User(name: owner.name, uid: number, gid: owner.gid)
        return try move(
            former, isHere: isHere(owner, owner.uid), rehearses: rehearses
        ) { (note) throws(StoreError) in
            try store.move(number, of: owner, to: user, note)
        }
    }

    /// Removes the record of a user who is gone: of a name or UID that nobody has.
    func forget(_ text: String) throws(StoreError) -> Reply.Result {
        guard let store = try here.store() else { return .denied(reason: .noRecord) }
        var found: (number: UInt32, owner: User?)?
        do throws(StoreError) {
            found = try record(of: text, or: nil, in: store).map { ($0.number, $0.owner) }
        } catch {
            // A damaged one cannot say whose it was.
            guard error.code == .damaged, let number = RequestHandler.number(text) else {
                throw error
            }
            if let there = try SystemUsers().user(withID: number) {
                return .denied(reason: .isHere(name: there.shownName))
            }
            found = (number, nil)
        }
        guard let (number, owner) = found else { return .denied(reason: .noRecord) }
        if let owner, try isHere(owner, number) {
            return .denied(reason: .isHere(name: owner.shownName))
        }
        try store.forget(number, of: owner)
        var line = LogLine("record forgotten")
        if let owner { line.add("from", outside: owner.name) }
        line.add("number", "\(number)")
        line.add("by", outside: operatorName)
        here.log(.notice, line)
        var done = ChangeDocument(nil)
        done.record = NumberDocument(uid: number, users: owner.map { [$0.shownName] } ?? [])
        return .done(change: done)
    }

    /// Whether there is a user with this name and this UID.
    func isHere(_ owner: User, _ number: UInt32) throws(StoreError) -> Bool {
        guard let there = try SystemUsers().user(named: owner.name) else { return false }
        return there.name == owner.name && there.uid == number
    }

    /// The record that `text` means, by the name in it or by its UID. The one under the UID of
    /// `user` comes first: that is where a renamed user has it, and also a user whose move was cut
    /// short.
    private func record(
        of text: String, or user: User?, in store: Store
    ) throws(StoreError) -> (number: UInt32, owner: User)? {
        let (name, number) = (Array(text.utf8), RequestHandler.number(text))
        if let user, let owner = try store.owner(of: user.uid),
            owner.name == name || owner.uid == number,
            owner.name != user.name || owner.uid != user.uid
        {
            return (user.uid, owner)
        }
        if let named = try store.number(of: name), let owner = try store.owner(of: named) {
            return (named, owner)
        }
        guard let number, let owner = try store.owner(of: number) else { return nil }
        return (number, owner)
    }

    /// `text` as a UID, in the system's spelling.
    private static func number(_ text: String) -> UInt32? {
        UInt32(text).flatMap { String($0) == text ? $0 : nil }
    }
}
