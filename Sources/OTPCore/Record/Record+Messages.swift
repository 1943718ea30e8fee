// Codes by message.

extension Record {
    /// Sets or removes where codes are sent. Codes that are out end, and so does what was begun
    /// before.
    public mutating func setContact(_ contact: Contact?, _ kind: MessageKind) {
        messaging.set(contact, kind)
        raiseEpoch()
    }

    /// Makes a code for a message of this kind, which replaces the one before, and passes it to
    /// `body` in clear. It counts as sent.
    ///
    /// `random` gives `MessageCode.randomLength` bytes, and a salt of `HashedCode.saltLength`.
    mutating func makeMessageCode(
        _ kind: MessageKind, at now: UInt64, boot: BootTime?, random: inout [UInt8],
        salt: [UInt8], _ body: (String) -> Void
    ) {
        defer { Secret.wipe(&random) }
        guard let code = MessageCode(random: random.span), let hash = code.hashed(salt: salt)
        else { return }
        messaging.code = SentCode(
            kind: kind,
            issued: IssuedCode(hash, at: now, validFor: MessageCode.validity, boot: boot))
        messaging.count(at: now)
        // The same digits may have been a wrong guess before.
        refusedAnswers = RefusedAnswers()
        body(code.text)
    }

    /// Counts a message to the user that has no code for a login.
    public mutating func countMessage(at now: UInt64) { messaging.count(at: now) }

    /// Drops the oldest events as long as the contacts need their room: a record has one size.
    mutating func makeRoom() {
        guard !messaging.isEmpty else { return }
        events.shorten(to: EventLog().maximumLength - Messaging.maximumLength)
    }
}
