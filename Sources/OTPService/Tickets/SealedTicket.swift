import FoundationEssentials
import OTPCore

/// What is pending between two requests. The client keeps it, sealed with the store's key, so that
/// the service keeps nothing in between.
public protocol SealedTicket: Codable {}

extension SealedTicket {
    /// The ticket as the client gets it.
    public func seal(in store: some AccountStore) throws(StoreError) -> String {
        var plain: [UInt8]
        do {
            plain = Array(try JSONEncoder().encode(self))
        } catch {
            throw StoreError(.system, [], "the ticket cannot be written")
        }
        let sealed = try store.sealTicket(&plain)
        return String(decoding: Base64.encode(sealed.span, isPadded: true), as: UTF8.self)
    }

    /// Opens a ticket; `nil` if it is not this store's, or of another kind.
    public static func open(_ text: String, in store: some AccountStore) throws(StoreError) -> Self?
    {
        let text = Array(text.utf8)
        guard let sealed = Base64.decode(text.span), var plain = try store.openTicket(sealed) else {
            return nil
        }
        defer { Secret.wipe(&plain) }
        return try? JSONDecoder().decode(Self.self, from: Data(plain))
    }
}
