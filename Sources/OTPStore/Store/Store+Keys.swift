import OTPCore

// The seal keys: one, or two while a rekey is under way.
extension Store {
    func keyID() throws(StoreError) -> [UInt8] { try key().id }

    /// The seal key that new things are sealed with.
    func key() throws(StoreError) -> SealKey { try keys().current }

    /// The seal keys, read when first needed.
    func keys() throws(StoreError) -> SealKeys {
        if let cachedKeys { return cachedKeys }
        let keys = try SealKeyFile.read(for: self)
        cachedKeys = keys
        return keys
    }

    /// The seal key with this id; if there is none, the one for new things. A rekey may have begun
    /// since the keys were read, so an unknown id has them read again.
    func key(named id: [UInt8]) throws(StoreError) -> SealKey {
        if let key = try keys().named(id) { return key }
        forgetKeys()
        let keys = try keys()
        return keys.named(id) ?? keys.current
    }

    /// Has the keys read again when they are next needed.
    func forgetKeys() { cachedKeys = nil }

    /// Keeps a rekey from beginning until the file is unlocked: what is sealed meanwhile with the
    /// current key has its turn in the rekey.
    func holdKey() throws(StoreError) -> FileDescriptor {
        let file = try SealKeyFile.lock(for: self, shared: true)
        forgetKeys()
        return file
    }
}
