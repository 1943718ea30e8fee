import OTPCore

/// Seals the rows of users: each with a key of its own, bound to the fleet, the user and the row's
/// version, so that it is worth nothing in another place or at another time.
package struct RecordSealing: Sendable {
    /// The fleet.
    let fleet: RowID
    let keys: MasterKeys

    package init(fleet: RowID, keys: MasterKeys) { (self.fleet, self.keys) = (fleet, keys) }

    /// The id of the key that new rows are sealed under.
    var keyID: [UInt8] { keys.current.id }

    /// Seals the contents of a user's row as `version`.
    package func seal(
        _ row: SealedRow, of user: RowID, version: Int64
    ) throws(StoreError) -> [UInt8] {
        guard let key = recordKey(keys.current, of: user) else {
            throw StoreError(.system, [], "the key of a record cannot be made")
        }
        var plain = row.encoded
        return try key.sealed(&plain, binding(user, version))
    }

    /// Opens what `seal` made. `name` is whose it is, for a message.
    func open(
        _ bytes: [UInt8], under keyID: [UInt8], of user: RowID, version: Int64, name: [UInt8]
    ) throws(StoreError) -> SealedRow {
        guard let master = keys.named(keyID), let key = recordKey(master, of: user) else {
            throw StoreError(
                .otherKey, name, "the record was sealed with another master key; restore that key")
        }
        guard var plain = key.opened(bytes, binding(user, version)) else {
            throw StoreError(
                .damaged, name,
                "the record in the database is not what was stored: it was changed, taken from"
                    + " another user or time, or sealed with another key of the same id")
        }
        defer { Secret.wipe(&plain) }
        guard let row = SealedRow(decoding: plain.span) else {
            throw StoreError(
                .damaged, name, "the record was made by a newer release: upgrade this server")
        }
        return row
    }

    private func recordKey(_ master: SealKey, of user: RowID) -> SealKey? {
        master.derived(for: "swiftotp fleet record", user.bytes)
    }

    private func binding(_ user: RowID, _ version: Int64) -> [UInt8] {
        var binding = [UInt8]("swiftotp fleet record" as StaticString)
        binding += fleet.bytes
        binding += user.bytes
        binding.append(bigEndian: version)
        return binding
    }

    // MARK: The marker

    /// Seals what proves that the database is this key's.
    func marker() throws(StoreError) -> [UInt8] {
        var plain = RowID.random().bytes
        guard let key = keys.current.derived(for: "swiftotp fleet marker") else {
            throw StoreError(.system, [], "the marker's key cannot be made")
        }
        return try key.sealed(&plain, fleet.bytes)
    }

    /// Whether a marker was made with one of the keys, for this fleet.
    func proves(_ marker: [UInt8], under keyID: [UInt8]) -> Bool {
        guard let master = keys.named(keyID),
            let key = master.derived(for: "swiftotp fleet marker")
        else { return false }
        return key.opened(marker, fleet.bytes) != nil
    }
}
