import OTPCore
import OTPWire

// Importing from other programs.
extension RequestHandler {
    /// Stores an authenticator from another program, with the codes already used there. A user who
    /// is or was enrolled is left alone unless it `isMeant`: a file in a home directory could be
    /// written by anybody with the user's shell, and counts only if there is nothing else. A short
    /// key is stored only if root says so.
    func take(
        _ token: TokenDocument, rehearses: Bool, isMeant: Bool, allowsShortKeys: Bool
    ) throws(StoreError) -> Reply.Result {
        var text = Array(token.key.utf8)
        defer { Secret.wipe(&text) }
        guard let key = Base32.decode(text.span),
            var authenticator = token.authenticator.authenticator
        else { return .denied(reason: .badKey) }
        let isShort = HOTP.shortKeyLengthRange.contains(key.count)
        guard isShort || HOTP.keyLengthRange.contains(key.count) else {
            return .denied(reason: .badKey)
        }
        guard !isShort || allowsShortKeys else { return .denied(reason: .shortKey) }
        // Checked first, so that a second run writes nothing.
        let before = try place(for: authenticator.name, key, isMeant: isMeant)
        switch before {
        case .failure(let refusal): return .denied(reason: refusal)
        case .success(let place):
            if rehearses || !place.isNew { return place.reply }
        }
        let now = try clock.now()
        authenticator.added = now
        let store = try storeForMore()
        var event: Event?
        let result = try store.edit(user, makesRecord: true) {
            (record) -> Edited<Result<Place, Reply.Denial>> in
            let found = RequestHandler.place(
                for: authenticator.name, key, isMeant: isMeant, in: record)
            guard case .success(let place) = found, place.isNew else { return .left(found) }
            var new = authenticator
            new.name = place.name
            let isAdded = key.withBytes { key in
                do throws(Record.ChangeError) {
                    try record.add(new, key: key)
                    return true
                } catch {
                    return false
                }
            }
            guard isAdded else { return .left(.failure(.badKey)) }
            let made = self.event(.imported, detail: place.name.bytes, at: now)
            record.note(made)
            event = made
            return .kept(found)
        }
        if let event { log(event) }
        switch result {
        case .success(let place): return place.reply
        case .failure(let refusal): return .denied(reason: refusal)
        case nil: return .denied(reason: .notEnrolled)
        }
    }

    /// A token's name here, present or future.
    private struct Place {
        let name: Name
        let isNew: Bool
        /// The existing authenticators.
        let others: [Name]

        var reply: Reply.Result {
            .taken(name: name.text, isNew: isNew, beside: others.map(\.text))
        }
    }

    private func place(
        for wish: Name, _ key: borrowing Secret, isMeant: Bool
    ) throws(StoreError) -> Result<Place, Reply.Denial> {
        let store = try here.store()
        guard let session = try store?.openForReading(user) else {
            try store?.checkOtherNumber(of: user)
            let nothing = Record()
            return RequestHandler.place(for: wish, key, isMeant: isMeant, in: nothing)
        }
        defer { session.close() }
        return session.withRecord {
            RequestHandler.place(for: wish, key, isMeant: isMeant, in: $0)
        }
    }

    /// The name that the key already has in `record`, or a free one similar to `wish`.
    private static func place(
        for wish: Name, _ key: borrowing Secret, isMeant: Bool, in record: borrowing Record
    ) -> Result<Place, Reply.Denial> {
        let taken = record.authenticators.map(\.name)
        if let name = key.withBytes({ record.name(of: $0) }) {
            let others = taken.filter { $0 != name }
            return .success(Place(name: name, isNew: false, others: others))
        }
        guard isMeant || !record.isEnrolled else { return .failure(.isEnrolled) }
        guard isMeant || !record.wasEnrolled else {
            return .failure(.wasEnrolled)
        }
        guard taken.count < Record.maximumAuthenticators else {
            return .failure(.full)
        }
        let candidates =
            [wish.text] + (2...taken.count + 2).map { "\(wish.text.prefix(28))-\($0)" }
        let name = candidates.lazy.compactMap { Name($0.utf8) }.first { !taken.contains($0) }
        guard let name else { return .failure(.noName) }
        return .success(Place(name: name, isNew: true, others: taken))
    }
}
