import OTPCore
import OTPStore

/// Seals the seal key anew: what `seal` does, and `rekey` of a sealed key.
///
/// First everything is made and tried; then the recovery key is shown; then the files are written, the
/// recovery key's first, and the switch is the last.
struct Sealing {
    let keeper = KeyKeeper()
    let isJSON: Bool

    /// Seals these keys in this way. When this returns, the service uses what was sealed.
    func seal(_ keys: SealKeyBytes, _ kept: KeyKept) throws {
        let credential = SystemdCredential(kept: kept)
        let own = try credential.sealed(keys.own)
        let next = try keys.next.map { try credential.sealed($0) }
        _ = try hand(keys)
        if let next { try keeper.store(credential: next, next: true) }
        try keeper.store(credential: own)
        try keeper.open(keys)
        try keeper.seal(kept)
    }

    /// Shows a new recovery key, and keeps the keys for it.
    private func hand(_ keys: SealKeyBytes) throws -> RecoveryKey {
        let random = try SystemRandom().bytes(RecoveryKey.randomLength)
        guard let recovery = RecoveryKey(random: random.span) else {
            throw Failure("no recovery key could be made")
        }
        try RecoverySheet(recovery).hand(json: isJSON)
        try keeper.keep(keys, for: recovery)
        return recovery
    }

    // MARK: A new key

    /// Makes the next key of a sealed one ready: sealed, kept for a new recovery key, and open, before
    /// anything is sealed with it. Returns the recovery key.
    func prepareRekey(_ kept: KeyKept) throws -> RecoveryKey {
        try keeper.finishSealing()
        let credential = SystemdCredential(kept: kept)
        let keys = try continued(keeper.keys(), credential)
        let both = try keys.next == nil ? keeper.withNext(keys) : keys
        let sealed = try credential.sealed(both.next ?? [])
        let recovery = try hand(both)
        try keeper.store(credential: sealed, next: true)
        try keeper.open(both)
        return recovery
    }

    /// The keys, with the next one that an interrupted rekey has left; if that has already replaced
    /// the other one, this is made known first.
    private func continued(
        _ keys: SealKeyBytes, _ credential: SystemdCredential
    ) throws -> SealKeyBytes {
        guard keys.next == nil, let left = try keeper.credential(next: true) else { return keys }
        var next = try credential.opened(left)
        defer { Secret.wipe(&next) }
        guard next == keys.own else { return try keeper.keys(keys, followedBy: next) }
        try keeper.endRekey()
        return keys
    }

    /// The next key has replaced the other one: so does what was sealed of it, and the recovery key
    /// opens no other.
    func finishRekey(_ recovery: borrowing RecoveryKey) throws {
        try keeper.endRekey()
        try keeper.keep(keeper.keys(), for: recovery)
    }
}
