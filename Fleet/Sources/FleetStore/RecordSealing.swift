import OTPCore

/// Seals the rows of users: each with a key of its own, bound to the fleet, the user, whatever the user
/// is called, and the row's version, so that it is worth nothing in another place, under another name
/// or at another time.
package struct RecordSealing: Sendable {
    /// The fleet.
    let fleet: RowID
    let keys: MasterKeys

    package init(fleet: RowID, keys: MasterKeys) { (self.fleet, self.keys) = (fleet, keys) }

    /// The id of the key that new rows are sealed under.
    var keyID: [UInt8] { keys.current.id }

    /// What tells rows apart, and whose they are.
    package struct Place {
        let id: RowID
        let realm: [UInt8]
        let name: [UInt8]
        let uid: UInt32

        package init(id: RowID, realm: [UInt8], name: [UInt8], uid: UInt32) {
            (self.id, self.realm, self.name, self.uid) = (id, realm, name, uid)
        }
    }

    /// Seals the contents of a user's row as `version`.
    package func seal(
        _ row: SealedRow, of user: Place, version: Int64
    ) throws(StoreError) -> [UInt8] {
        guard let key = recordKey(keys.current, of: user) else {
            throw StoreError(.system, [], "the key of a record cannot be made")
        }
        var plain = row.encoded
        return try key.sealed(&plain, binding(user, version))
    }

    /// Opens what `seal` made.
    func open(
        _ bytes: [UInt8], under keyID: [UInt8], of user: Place, version: Int64
    ) throws(StoreError) -> SealedRow {
        let name = user.name
        guard let master = keys.named(keyID), let key = recordKey(master, of: user) else {
            throw StoreError(
                .otherKey, name,
                "the record was sealed with another master key; copy fleet.key from another server"
                    + " or a backup")
        }
        guard var plain = key.opened(bytes.span, binding(user, version)) else {
            throw StoreError(
                .damaged, name,
                "the record in the database is not what was stored: it was changed, taken from"
                    + " another user, name or time, or sealed with another key of the same id")
        }
        defer { Secret.wipe(&plain) }
        guard let row = SealedRow(decoding: plain.span) else {
            throw StoreError(
                .damaged, name, "the record was made by a newer release: upgrade this server")
        }
        return row
    }

    private func recordKey(_ master: SealKey, of user: Place) -> SealKey? {
        master.derived(for: "swiftotp fleet record", user.id.bytes)
    }

    private func binding(_ user: Place, _ version: Int64) -> [UInt8] {
        var binding = [UInt8]("swiftotp fleet record" as StaticString)
        binding += fleet.bytes
        binding += user.id.bytes
        binding.append(bigEndian: version)
        binding.append(bigEndian: user.uid)
        // Neither has a zero byte.
        binding += user.realm + [0] + user.name
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
        return key.opened(marker.span, fleet.bytes) != nil
    }
}
