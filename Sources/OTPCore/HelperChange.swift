// What an enrolled user changes by swiftotpd.

extension HelperSession {
    /// Changes the record of an enrolled user who has proven who it is.
    func changing(
        _ kind: Event.Kind,
        _ body: (inout Record, UInt64) throws(StoreError) -> HelperChange
    ) throws(StoreError) -> [UInt8] {
        guard let session = try openStore().open(user) else {
            return HelperReply.deniedMessage(.notEnrolled)
        }
        let (change, event) = try self.change(session, kind, body)
        // The record is free again: a log may be slow.
        if let event { journal(.changed(event)) }
        switch change {
        case .done: return HelperReply.doneMessage
        case .codes(let codes): return HelperReply.codesMessage(codes)
        case .denied(let denial): return HelperReply.deniedMessage(denial)
        }
    }

    /// Changes a record that is open, and closes it; with the event, where anything was changed.
    private func change(
        _ session: Records.Session, _ kind: Event.Kind,
        _ body: (inout Record, UInt64) throws(StoreError) -> HelperChange
    ) throws(StoreError) -> (HelperChange, Event?) {
        defer { session.close() }
        guard session.withRecord({ $0.isEnrolled }) else { return (.denied(.notEnrolled), nil) }
        guard isProven else { return (.denied(.proofNeeded), nil) }
        let now = try clock.now()
        var event: Event?
        var change = HelperChange.done(about: [])
        var failure: StoreError?
        session.withRecord { record in
            do throws(StoreError) {
                change = try body(&record, now)
                if let detail = change.detail {
                    let made = Event(kind, at: now, detail: detail, origin: origin)
                    record.note(made)
                    event = made
                }
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        if event != nil { try session.commit() }
        return (change, event)
    }
}

/// What a change came to.
enum HelperChange {
    /// The name of what it was done to, or nothing.
    case done(about: [UInt8])
    case codes([String])
    case denied(HelperReply.Denial)

    /// What the event says beside its kind; `nil` where there is none.
    var detail: [UInt8]? {
        switch self {
        case .done(let name): name
        case .codes: []
        case .denied: nil
        }
    }
}

extension Record {
    /// Takes an authenticator away, but never the last one.
    mutating func removed(_ name: Name) -> HelperChange {
        guard authenticators.contains(where: { $0.name == name }) else {
            return .denied(.noSuchAuthenticator)
        }
        guard authenticators.count > 1 else { return .denied(.lastAuthenticator) }
        do throws(ChangeError) {
            try remove(name)
            return .done(about: name.bytes)
        } catch {
            return .denied(.noSuchAuthenticator)
        }
    }

    /// Ends the trust in one SSH key, or in all of them.
    mutating func untrusted(_ fingerprint: [UInt8]?) -> HelperChange {
        guard let fingerprint else {
            return revokeAllTrust() > 0 ? .done(about: []) : .denied(.notTrusted)
        }
        guard let name = revokeTrust(in: fingerprint) else { return .denied(.notTrusted) }
        return .done(about: name.bytes)
    }

    /// Makes new backup codes, and gives them in clear.
    public mutating func renewedBackupCodes(
        at now: UInt64, random: some Randomness
    ) throws(StoreError) -> [String] {
        var codes: [String] = []
        try renewBackupCodes(
            at: now, random: { (count) throws(StoreError) in try random.bytes(count) },
            { codes.append($0) })
        return codes
    }
}
