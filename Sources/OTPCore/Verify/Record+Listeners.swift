// Who is told something depends on what they logged in with.

extension Record {
    /// A user let in by `factor`, as a listener to notices.
    func listener(by factor: Outcome.Factor) -> Notices.Listener {
        switch factor {
        case .code(let name, _):
            listener(since: authenticators.first { $0.name == name }?.added ?? .max)
        case .backupCode: listener(since: backupCodesMade)
        case .temporaryCode: listener(since: temporaryCode?.issued ?? .max)
        case .messageCode(let kind): listener(since: messaging.contact(kind)?.since ?? .max)
        }
    }

    /// The same for a login by a trusted key, which counts as no older than the device that granted
    /// the trust.
    func listener(by key: TrustedKey) -> Notices.Listener {
        let by = origin(of: key)
        let device = authenticators.first { $0.name == by }?.added ?? .max
        return listener(since: max(key.since, device))
    }

    /// The same for anything that has existed since then.
    func listener(since: UInt64) -> Notices.Listener {
        let codes = backupCodesLeft > 0 ? backupCodesMade : .max
        let oldest = authenticators.reduce(codes) { min($0, $1.added) }
        return Notices.Listener(since: since, oldest: oldest)
    }
}
