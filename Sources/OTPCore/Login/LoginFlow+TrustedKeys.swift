// Logins without a code, by an SSH key that the user chose to trust at an earlier one.

extension LoginFlow {
    /// Offers a user who was let in by a code to skip it next time; returns the key's name if it is
    /// trusted from now on.
    func offerTrust(
        _ user: User, after factor: Outcome.Factor, from place: LoginOrigin, in epoch: UInt64
    ) -> Name? {
        guard let key = place.sshMethods?.key, case .code(let by, _) = factor else { return nil }
        do throws(StoreError) {
            guard try accounts.hasRoom(forTrustIn: key.fingerprint, of: user),
                let name = askForTrust(key)
            else { return nil }
            let now = try clock.now()
            guard
                let kept = try accounts.trust(
                    TrustWish(
                        fingerprint: key.fingerprint, name: name, authenticator: by, epoch: epoch),
                    of: user, from: place)
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
