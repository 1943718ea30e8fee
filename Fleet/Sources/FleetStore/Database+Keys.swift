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
        for master in [settings.keys.current] + settings.keys.earlier {
            guard let key = master.derived(for: "swiftotp fleet ticket") else { continue }
            if let plain = key.opened(ticket, place) { return plain }
        }
        return nil
    }

    /// The key of a host's offline answers, which its agent asks for.
    public func offlineKey(of host: HostRow) throws(StoreError) -> SealKey {
        var bytes = offlineKeyBytes(of: host)
        let id = settings.keys.current.id
        guard let key = SealKey(id: id, key: Secret(wiping: &bytes)) else {
            throw StoreError(.system, Array(host.name.utf8), "its offline key cannot be made")
        }
        return key
    }

    /// The bytes of that key, which the caller wipes; its id is the current master key's.
    public func offlineKeyBytes(of host: HostRow) -> [UInt8] {
        var context = host.id.bytes
        context.append(bigEndian: host.generation)
        return settings.keys.current.derivedBytes(for: "swiftotp fleet offline", context)
    }

    private func key(for purpose: StaticString) throws(StoreError) -> SealKey {
        guard let key = settings.keys.current.derived(for: purpose) else {
            throw StoreError(.system, [], "a key cannot be made")
        }
        return key
    }
}
