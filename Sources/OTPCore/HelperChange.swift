// What an enrolled user changes by swiftotp-helper.

extension HelperSession {
    /// Changes the record of an enrolled user who has proven who it is.
    func changing(
        _ kind: Event.Kind, detail: [UInt8] = [],
        _ body: (inout Record, UInt64) throws(StoreError) -> HelperChange
    ) throws(StoreError) -> [UInt8] {
        guard let session = try openStore().open(user) else {
            return HelperReply.deniedMessage(.notEnrolled)
        }
        defer { session.close() }
        guard session.withRecord({ $0.isEnrolled }) else {
            return HelperReply.deniedMessage(.notEnrolled)
        }
        guard isProven else { return HelperReply.deniedMessage(.proofNeeded) }
        let now = try clock.now()
        let event = Event(kind, at: now, detail: detail, origin: origin)
        var change = HelperChange.done
        var failure: StoreError?
        session.withRecord { record in
            do throws(StoreError) {
                change = try body(&record, now)
                if change.isMade { record.note(event) }
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        if change.isMade {
            try session.commit()
            journal(.changed(event))
        }
        switch change {
        case .done: return HelperReply.doneMessage
        case .codes(let codes): return HelperReply.codesMessage(codes)
        case .denied(let denial): return HelperReply.deniedMessage(denial)
        }
    }
}

/// What a change came to.
enum HelperChange {
    case done
    case codes([String])
    case denied(HelperReply.Denial)

    var isMade: Bool {
        if case .denied = self { return false }
        return true
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
            return .done
        } catch {
            return .denied(.noSuchAuthenticator)
        }
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
