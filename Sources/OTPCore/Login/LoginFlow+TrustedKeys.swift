// Logins without a code, by an SSH key that the user chose to trust at an earlier one.

extension LoginFlow {
    /// Lets in a user whose SSH key is trusted; `nil` if it is not.
    func admit(
        _ user: User, by key: SSHKey, from place: LoginOrigin, _ store: Records
    ) throws(StoreError) -> LoginResult? {
        guard let (name, language, told) = try use(key, of: user, from: place, store) else {
            return nil
        }
        if let language { conversation.speak(language) }
        // Only now that the record is unlocked: nobody knows how long reading them takes.
        for sentence in told { conversation.inform(sentence) }
        return .trusted(name, fingerprint: key.fingerprint)
    }

    /// Records a login with a trusted key; returns its name, and the user's language and sentences.
    private func use(
        _ key: SSHKey, of user: User, from place: LoginOrigin, _ store: Records
    ) throws(StoreError) -> (Name, Language?, [Phrase])? {
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
            return record.liveTrust(in: key.fingerprint, at: now, days: days)
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
            record.throttle.visit(at: now, from: place.source)
            record.note(Event(.login, at: now, detail: detail, origin: place.origin))
            if conversation.isHeard { record.notices.told(to: listener, at: now) }
            return name
        }
        try session.commit()
        let language = session.withRecord { $0.language }
        return (name, language, notices.sentences(to: listener, at: now, backupCodesLeft: left))
    }

    /// Offers a user who was let in by a code to skip it next time; returns the key's name if it is
    /// trusted from now on.
    func offerTrust(
        _ user: User, after factor: Outcome.Factor, from place: LoginOrigin, in epoch: UInt64
    ) -> Name? {
        guard let key = place.sshMethods?.key, case .code(let by, _) = factor else { return nil }
        do throws(StoreError) {
            guard try hasRoom(for: key, of: user), let name = askForTrust(key) else { return nil }
            let now = try clock.now()
            guard
                let kept = try trust(
                    key, of: user, named: name, at: now, from: place, by: by, in: epoch)
            else {
                conversation.inform(UserText.notTrusted)
                return nil
            }
            let end = now.addingClamped(UInt64(options.trustDays) * TrustedKey.day)
            for sentence in UserText.trusted(kept, until: end) { conversation.inform(sentence) }
            return kept
        } catch {
            // The login succeeds: its code is used up.
            conversation.inform(UserText.notTrusted)
            return nil
        }
    }

    private func hasRoom(for key: SSHKey, of user: User) throws(StoreError) -> Bool {
        guard let session = try openStore().open(user) else { return false }
        defer { session.close() }
        let now = try clock.now()
        return session.withRecord { record in
            // A key that is renewed needs no additional room.
            let others = record.trusted.count {
                $0.fingerprint != key.fingerprint && now < $0.end(days: options.trustDays)
            }
            return others < Int(options.trustMaximum)
        }
    }

    private func trust(
        _ key: SSHKey, of user: User, named name: Name, at now: UInt64, from place: LoginOrigin,
        by authenticator: Name, in epoch: UInt64
    ) throws(StoreError) -> Name? {
        guard let session = try openStore().open(user) else { return nil }
        defer { session.close() }
        let kept = session.withRecord { record -> Name? in
            // If something has ended since the code was accepted, the offer is void.
            guard record.isEnrolled, record.epoch == epoch,
                let index = record.authenticators.firstIndex(where: { $0.name == authenticator }),
                let name = record.freeTrustName(like: name, for: key),
                record.trust(
                    key.fingerprint, named: name, at: now, days: options.trustDays,
                    most: options.trustMaximum, from: place.address, by: index)
            else { return nil }
            record.note(Event(.keyTrusted, at: now, detail: name.bytes, origin: place.origin))
            return name
        }
        if kept != nil { try session.commit() }
        return kept
    }

    /// The name for a key that the user wants to trust; `nil` for a no.
    private func askForTrust(_ key: SSHKey) -> Name? {
        let (days, fingerprint) = (options.trustDays, SSHKey.text(of: key.fingerprint))
        let shown = conversation.words(Phrase("Your SSH key: \(fingerprint)"))
        // For translators: the answer is read as y, whatever the language.
        let asked = conversation.words(
            Phrase(
                days,
                one: """
                    Skip the code for \(days) day when you log in with it? \
                    [y/N, or y and a name]:
                    """,
                other: """
                    Skip the code for \(days) days when you log in with it? \
                    [y/N, or y and a name]:
                    """))
        let question = "\n\(shown)\(UserText.lineEnd)\(asked) "
        do throws(ConversationError) {
            guard let typed = try conversation.ask(Array(question.utf8), echo: true) else {
                return nil
            }
            return typed.withBytes { TrustAnswer.name($0, fallback: key.kind) }
        } catch {
            return nil
        }
    }
}

/// The answer to the offer of trust: `y`, `yes`, or either followed by a name.
enum TrustAnswer {
    /// The name; `fallback` if none was given or it is invalid, `nil` for a no.
    static func name(_ typed: Span<UInt8>, fallback: [UInt8]) -> Name? {
        let words = typed.extracting(first: min(typed.count, 128)).array
            .split(separator: UInt8(ascii: " "))
        guard let first = words.first else { return nil }
        let word = first.map { $0 | 0x20 }
        guard word.elementsEqual("y".utf8) || word.elementsEqual("yes".utf8) else { return nil }
        var chosen: [UInt8] = []
        for word in words.dropFirst() {
            if !chosen.isEmpty { chosen.append(UInt8(ascii: " ")) }
            chosen += word
        }
        if chosen.count <= TrustedKey.nameLength, let name = Name(chosen) { return name }
        return Name(fallback)
    }
}

extension Record {
    /// `name`, followed by a number if another trusted key has it.
    fileprivate func freeTrustName(like name: Name, for key: SSHKey) -> Name? {
        let taken = trusted.filter { $0.fingerprint != key.fingerprint }.map { $0.name }
        if !taken.contains(name) { return name }
        for number in 2...TrustedKey.maximum + 1 {
            let tail = Array("-\(number)".utf8)
            let head = name.bytes.prefix(TrustedKey.nameLength - tail.count)
            if let name = Name(head + tail), !taken.contains(name) { return name }
        }
        return nil
    }
}
