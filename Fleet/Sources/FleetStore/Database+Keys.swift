import OTPCore

extension Database {
    /// The key that decoys are chosen with.
    func decoyKey() throws(StoreError) -> SealKey {
        try key(for: "swiftotp fleet decoys")
    }

    func sealTicket(
        _ plain: inout [UInt8], for host: HostRow
    ) throws(StoreError) -> [UInt8] {
        let place = try seal().fleet.bytes + host.id.bytes
        return try key(for: "swiftotp fleet ticket").sealed(&plain, place)
    }

    func openTicket(
        _ ticket: [UInt8], for host: HostRow
    ) throws(StoreError) -> [UInt8]? {
        let place = try seal().fleet.bytes + host.id.bytes
        let keys = try seal().keys
        for master in [keys.current] + keys.earlier {
            guard let key = master.derived(for: "swiftotp fleet ticket") else { continue }
            if let plain = key.opened(ticket.span, place) { return plain }
        }
        return nil
    }

    /// The keys of a host's offline answers, which its agent asks for now and then: under the current
    /// master key first. Their ids are the master keys'.
    public func offlineKeys(of host: HostRow) throws(StoreError) -> [SealKey] {
        let keys = try seal().keys
        return ([keys.current] + keys.earlier).compactMap { master in
            master.derived(for: Database.offlinePurpose, Database.context(of: host))
        }
    }

    /// The id and the bytes of the first of them. The caller wipes the bytes.
    public func offlineKeyBytes(
        of host: HostRow
    ) throws(StoreError) -> (id: [UInt8], bytes: [UInt8]) {
        let master = try seal().keys.current
        let context = Database.context(of: host)
        return (master.id, master.derivedBytes(for: Database.offlinePurpose, context))
    }

    private static var offlinePurpose: StaticString { "swiftotp fleet offline" }

    private static func context(of host: HostRow) -> [UInt8] {
        var context = host.id.bytes
        context.append(bigEndian: host.generation)
        return context
    }

    private func key(for purpose: StaticString) throws(StoreError) -> SealKey {
        guard let key = try seal().keys.current.derived(for: purpose) else {
            throw StoreError(.system, [], "a key cannot be made")
        }
        return key
    }
}
