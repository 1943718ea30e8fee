// Logins without a code: by an SSH key that is trusted, or that is in a FIDO authenticator.

extension RecordAccounts {
    /// Records a login. It clears no failures.
    public func noteLogin(
        of user: User, bySecurityKey kind: [UInt8], isHeard: Bool, from place: LoginOrigin
    ) throws(StoreError) -> Welcome {
        guard let session = try openStore().open(user) else { return Welcome() }
        defer { session.close() }
        let now = try clock.now()
        let notices = session.withRecord { $0.notices }
        let left = session.withRecord { $0.backupCodesLeft }
        session.withRecord { record in
            var detail = [UInt8]("security key " as StaticString)
            detail.append(copying: kind.span)
            record.note(Event(.login, at: now, detail: detail, origin: place.origin))
            // Told at each login, and counted only if nothing older is left: nobody here knows how
            // long the key has existed.
            let listener = record.listener(since: .max)
            if isHeard { record.notices.told(to: listener, at: now) }
        }
        try session.commit()
        let listener = Notices.Listener(since: 0, oldest: 0)
        let told = notices.sentences(to: listener, at: now, backupCodesLeft: left)
        return Welcome(
            language: session.withRecord { $0.language },
            sentences: told + remark(on: session, at: now))
    }

    /// Records a login with a trusted key; returns its name, and what to tell the user.
    func use(
        _ key: [UInt8], of user: User, isHeard: Bool, from place: LoginOrigin, _ store: Records
    ) throws(StoreError) -> (Name, Welcome)? {
        guard let session = try store.open(user) else { return nil }
        defer { session.close() }
        let now = try clock.now()
        let days = options.trustDays
        let found = session.withRecord { record -> Int? in
            _ = record.throttle.repair(at: now, closedFor: options.closedFor)
            // A user who may not try a code now is not let in without one either. A key that was
            // not used for long has no count of its own, and that of strangers is not the owner's.
            guard
                !record.throttle.knows(place.source)
                    || record.throttle.permission(at: now, from: place.source) == .open
            else { return nil }
            return record.liveTrust(in: key, at: now, days: days)
        }
        guard let index = found else { return nil }
        let notices = session.withRecord { $0.notices }
        let left = session.withRecord { $0.backupCodesLeft }
        let listener = session.withRecord { $0.listener(by: $0.trusted[index]) }
        let name = session.withRecord { record -> Name in
            let name = record.trusted[index].name
            var detail = [UInt8]("trusted key " as StaticString)
            detail.append(copying: name.bytes.span)
            record.useTrust(index, at: now, from: place.address)
            record.throttle.visitWithoutCode(at: now, from: place.source)
            record.note(Event(.login, at: now, detail: detail, origin: place.origin))
            if isHeard { record.notices.told(to: listener, at: now) }
            return name
        }
        try session.commit()
        let told = notices.sentences(to: listener, at: now, backupCodesLeft: left)
        return (name, Welcome(language: session.withRecord { $0.language }, sentences: told))
    }

    public func hasRoom(
        forTrustIn fingerprint: [UInt8], of user: User
    ) throws(StoreError) -> Bool {
        guard let session = try openStore().open(user) else { return false }
        defer { session.close() }
        let now = try clock.now()
        return session.withRecord { record in
            // A key that is renewed needs no additional room.
            let others = record.trusted.count {
                $0.fingerprint != fingerprint && now < $0.end(days: options.trustDays)
            }
            return others < Int(options.trustMaximum)
        }
    }

    public func trust(
        _ wish: TrustWish, of user: User, from place: LoginOrigin
    ) throws(StoreError) -> Name? {
        guard let session = try openStore().open(user) else { return nil }
        defer { session.close() }
        let now = try clock.now()
        let kept = session.withRecord { record -> Name? in
            // If something has ended since the code was accepted, the offer is void.
            guard record.isEnrolled, record.epoch == wish.epoch,
                let index = record.authenticators.firstIndex(where: {
                    $0.name == wish.authenticator
                }),
                let name = record.freeTrustName(like: wish.name, for: wish.fingerprint),
                record.trust(
                    wish.fingerprint, named: name, at: now, days: options.trustDays,
                    most: options.trustMaximum, from: place.address, by: index)
            else { return nil }
            record.note(Event(.keyTrusted, at: now, detail: name.bytes, origin: place.origin))
            return name
        }
        if kept != nil { try session.commit() }
        return kept
    }
}

extension Record {
    /// `name`, followed by a number if another trusted key has it.
    fileprivate func freeTrustName(like name: Name, for fingerprint: [UInt8]) -> Name? {
        let taken = trusted.filter { $0.fingerprint != fingerprint }.map { $0.name }
        if !taken.contains(name) { return name }
        for number in 2...TrustedKey.maximum + 1 {
            let tail = Array("-\(number)".utf8)
            let head = name.bytes.prefix(TrustedKey.nameLength - tail.count)
            if let name = Name(head + tail), !taken.contains(name) { return name }
        }
        return nil
    }
}
