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
    let authenticator: AuthenticatorDocument
    /// The key in Base32.
    let key: String
    let hasWishedName: Bool
    /// When the authenticator that it replaces was added.
    let replaced: UInt64?
    /// Whether there was nothing to log in with, and nothing proven.
    let isFirst: Bool
    /// The epoch of the record when it was begun.
    let epoch: UInt64

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

    init(
        of user: User, by caller: UInt32, at now: UInt64, _ authenticator: Authenticator,
        key: String, hasWishedName: Bool, replaced: UInt64?, isFirst: Bool, epoch: UInt64
    ) {
        self.user = String(decoding: user.name, as: UTF8.self)
        uid = user.uid
        self.caller = caller
        begun = now
        self.authenticator = AuthenticatorDocument(authenticator)
        self.key = key
        self.hasWishedName = hasWishedName
        self.replaced = replaced
        self.isFirst = isFirst
        self.epoch = epoch
    }

    /// What to store.
    func enrollment() -> Enrollment? {
        let text = Array(key.utf8)
        guard let authenticator = authenticator.authenticator, let key = Base32.decode(text.span)
        else { return nil }
        return Enrollment(
            authenticator, key: key, hasWishedName: hasWishedName, replaced: replaced,
            isFirst: isFirst, epoch: epoch)
    }
}
