import OTPCore

// What a client keeps between two requests is sealed with the store's key.
extension Store {
    private static let binding = Array("swiftotp ticket".utf8)

    /// Seals `plain`, which is wiped, for `openTicket`.
    public func sealTicket(_ plain: inout [UInt8]) throws(StoreError) -> [UInt8] {
        defer { Secret.wipe(&plain) }
        guard let ticket = try sealed(&plain, Store.binding) else {
            throw StoreError(.system, keyPath, "the ticket cannot be sealed")
        }
        return ticket
    }

    /// Opens a ticket; `nil` if it was not sealed with this key, or was changed.
    public func openTicket(_ ticket: [UInt8]) throws(StoreError) -> [UInt8]? {
        try opened(ticket.span, Store.binding)
    }
}
