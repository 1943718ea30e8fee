import OTPCore
import OTPWire

/// What is pending between `begin` and `confirm`: the new authenticator, and the conditions for
/// storing it. The client keeps it, sealed with the store's key, so that the service keeps nothing
/// in between.
struct Ticket: SealedTicket {
    /// How long it is good, in seconds: long enough to find the phone and scan a QR code.
    private static let lifetime: UInt64 = 15 * 60

    /// Whose authenticator it is, and whose program began it.
    let user: String
    let uid: UInt32
    let caller: UInt32
    let begun: UInt64
    /// What to store. Whether it is the first one says that nothing was proven, and the epoch is
    /// that of the record when it was begun.
    let new: EnrollmentDocument

    /// Opens the ticket `text`; `nil` if it is not this store's, has expired, or is about somebody
    /// else.
    init?(
        _ text: String, in store: some AccountStore, for user: User, of caller: UInt32,
        at now: UInt64
    ) throws(StoreError) {
        guard let found = try Ticket.open(text, in: store) else { return nil }
        self = found
        guard self.user.utf8.elementsEqual(user.name), uid == user.uid, self.caller == caller,
            now >= begun, now - begun <= Ticket.lifetime
        else { return nil }
    }

    init(of user: User, by caller: UInt32, at now: UInt64, _ new: EnrollmentDocument) {
        self.user = String(decoding: user.name, as: UTF8.self)
        uid = user.uid
        self.caller = caller
        begun = now
        self.new = new
    }
}
