import OTPCore

/// What is pending between a user's wish for a new contact and the code that was sent there. The
/// client keeps it, sealed with the store's key.
struct ContactTicket: SealedTicket {
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

    /// Opens the ticket `text`; `nil` if it is not this store's, has expired, or is about somebody
    /// else.
    init?(
        _ text: String, in store: some AccountStore, for user: User, at now: UInt64
    ) throws(StoreError) {
        guard let found = try ContactTicket.open(text, in: store) else { return nil }
        self = found
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
