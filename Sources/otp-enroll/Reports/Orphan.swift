import OTPCore
import OTPStore

/// A record whose UID nobody has any more, or somebody else.
struct Orphan {
    /// The record's UID.
    let uid: UInt32
    /// The name in it, safe to show.
    let name: String
    /// The UID that a user of this name has now; `nil` if there is none.
    let current: UInt32?
    private let user: User

    init(_ uid: UInt32, of name: String) throws {
        self.uid = uid
        user = User(name: Array(name.utf8), uid: uid, gid: .max)
        self.name = Output.printable(name)
        let there = try SystemUsers().user(named: user.name)
        current = there.flatMap { $0.name.elementsEqual(name.utf8) ? $0.uid : nil }
    }

    /// Whose it is.
    var sentence: String {
        guard let current else { return "record \(uid) was \(name)'s, who is gone" }
        return "record \(uid) is \(name)'s, who is \(current) now"
    }

    /// The command that fixes it.
    var command: String {
        current == nil ? "otp-enroll forget \(uid)" : "otp-enroll move \(uid) \(user.commandName)"
    }
}
