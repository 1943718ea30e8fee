// Who is to be told something, by what they have logged in with.

extension Record {
    /// Whoever was let in by `factor`, as one who is to be told something.
    func listener(by factor: Outcome.Factor) -> Notices.Listener {
        switch factor {
        case .code(let name, _):
            listener(since: authenticators.first { $0.name == name }?.added ?? .max)
        case .backupCode: listener(since: backupCodesMade)
        case .temporaryCode: listener(since: temporaryCode?.issued ?? .max)
        }
    }

    /// The same for a login by a trusted key, which is no older than the device that it came by.
    func listener(by key: TrustedKey) -> Notices.Listener {
        let by = origin(of: key)
        let device = authenticators.first { $0.name == by }?.added ?? .max
        return listener(since: max(key.since, device))
    }

    /// The same for whatever there is since then.
    func listener(since: UInt64) -> Notices.Listener {
        let codes = backupCodesLeft > 0 ? backupCodesMade : .max
        let oldest = authenticators.reduce(codes) { min($0, $1.added) }
        return Notices.Listener(since: since, oldest: oldest)
    }
}
