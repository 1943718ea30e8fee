import FoundationEssentials
import OTPCore
import OTPStore

/// What is pending between a user's wish for a new contact and the code that was sent there. The
/// client keeps it, sealed with the store's key.
struct ContactTicket: Codable {
    private let user: String
    private let uid: UInt32
    private let begun: UInt64
    private let kind: UInt8
    private let address: String
    /// The value of the code.
    private let code: UInt32
    /// The epoch of the record when it was begun.
    let epoch: UInt64

    init(of user: User, _ contact: Contact, code: UInt32, epoch: UInt64) {
        self.user = String(decoding: user.name, as: UTF8.self)
        uid = user.uid
        begun = contact.since
        kind = contact.kind.rawValue
        address = contact.text
        self.code = code
        self.epoch = epoch
    }

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
    init?(_ text: String, in store: Store, for user: User, at now: UInt64) throws(StoreError) {
        let text = Array(text.utf8)
        guard let sealed = Base64.decode(text.span), var plain = try store.openTicket(sealed) else {
            return nil
        }
        defer { Secret.wipe(&plain) }
        do {
            self = try JSONDecoder().decode(ContactTicket.self, from: Data(plain))
        } catch {
            return nil
        }
        guard self.user.utf8.elementsEqual(user.name), uid == user.uid, now >= begun,
            now - begun <= MessageCode.validity
        else { return nil }
    }

    /// The contact to set at `now`.
    func contact(at now: UInt64) -> Contact? {
        MessageKind(rawValue: kind).flatMap { Contact($0, address, since: now) }
    }

    /// Whether this was the code.
    func isRight(_ answer: borrowing Answer) -> Bool {
        switch answer {
        case .code(let value, let digits): digits == MessageCode.digits && value == code
        default: false
        }
    }
}
