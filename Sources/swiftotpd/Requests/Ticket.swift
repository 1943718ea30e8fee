import FoundationEssentials
import OTPCore
import OTPStore
import OTPWire

/// What is pending between `begin` and `confirm`: the new authenticator, and the conditions for
/// storing it. The client keeps it, sealed with the store's key, so that the service keeps nothing
/// in between.
struct Ticket: Codable {
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

    /// The ticket as the client gets it.
    func seal(in store: Store) throws(StoreError) -> String {
        var plain: [UInt8]
        do {
            plain = Array(try JSONEncoder().encode(self))
        } catch {
            throw StoreError(.system, [], "the ticket cannot be written")
        }
        let sealed = try store.sealTicket(&plain)
        return String(decoding: Base64.encode(sealed.span, isPadded: true), as: UTF8.self)
    }

    /// Opens the ticket `text`; `nil` if it is not this store's, has expired, or is about somebody
    /// else.
    init?(_ text: String, in store: Store, for user: User, of caller: UInt32, at now: UInt64)
        throws(StoreError)
    {
        let text = Array(text.utf8)
        guard let sealed = Base64.decode(text.span), var plain = try store.openTicket(sealed) else {
            return nil
        }
        defer { Secret.wipe(&plain) }
        do {
            self = try JSONDecoder().decode(Ticket.self, from: Data(plain))
        } catch {
            return nil
        }
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
