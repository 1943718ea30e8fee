import OTPCore

// What waits at somebody else's between two requests is sealed with the store's key.
extension Store {
    private static let binding = Array("swiftotp ticket".utf8)

    /// Seals `plain`, which is wiped, for `openTicket`.
    public func sealTicket(_ plain: inout [UInt8]) throws(StoreError) -> [UInt8] {
        defer { Secret.wipe(&plain) }
        let nonce = try SystemRandom().bytes(SealKey.nonceLength)
        guard let tag = try key().seal(&plain, nonce: nonce.span, binding: Store.binding.span)
        else { throw StoreError(.system, keyPath, "the ticket cannot be sealed") }
        return [UInt8](capacity: nonce.count + SealKey.tagLength + plain.count) { ticket in
            ticket.write(copying: nonce.span)
            ticket.write(copying: tag.span)
            ticket.write(copying: plain.span)
        }
    }

    /// What was sealed; `nil` where it was not sealed with this key, or anything was changed.
    public func openTicket(_ ticket: [UInt8]) throws(StoreError) -> [UInt8]? {
        let start = SealKey.nonceLength + SealKey.tagLength
        guard ticket.count > start, let key = try keyIfThere() else { return nil }
        var plain = Array(ticket[start...])
        let isOurs = key.open(
            &plain, nonce: ticket.span.extracting(0..<SealKey.nonceLength),
            binding: Store.binding.span,
            tag: ticket.span.extracting(SealKey.nonceLength..<start))
        return isOurs ? plain : nil
    }
}
