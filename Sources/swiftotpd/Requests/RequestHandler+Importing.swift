import OTPCore
import OTPStore
import OTPWire

// What another program had.
extension RequestHandler {
    /// Keeps what another program had, with its codes that were used there.
    func take(_ token: TokenDocument, rehearses: Bool) throws(StoreError) -> Reply.Result {
        let text = Array(token.key.utf8)
        guard let key = Base32.decode(text.span), HOTP.keyLengthRange.contains(key.count),
            var authenticator = token.authenticator.authenticator
        else { return .denied(reason: .badKey) }
        // Looked at first, so that a second run writes nothing.
        let before = try place(for: authenticator.name, key)
        switch before {
        case .failure(let refusal): return .denied(reason: refusal.denial)
        case .success(let place):
            if rehearses || !place.isNew {
                return .taken(name: place.name.text, isNew: place.isNew)
            }
        }
        let now = try clock.now()
        authenticator.added = now
        let store = try storeForMore()
        var event: Event?
        let result = try store.edit(user, makesRecord: true) {
            (record) -> Edited<Result<Place, Refusal>> in
            let found = RequestHandler.place(for: authenticator.name, key, in: record)
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
            guard isAdded else { return .left(.failure(Refusal(denial: .badKey))) }
            let made = self.event(.imported, detail: place.name.bytes, at: now)
            record.note(made)
            event = made
            return .kept(found)
        }
        if let event { log(event) }
        switch result {
        case .success(let place): return .taken(name: place.name.text, isNew: place.isNew)
        case .failure(let refusal): return .denied(reason: refusal.denial)
        case nil: return .denied(reason: .notEnrolled)
        }
    }

    /// What a token is called here, or would be.
    private struct Place {
        let name: Name
        let isNew: Bool
    }

    private func place(
        for wish: Name, _ key: borrowing Secret
    ) throws(StoreError) -> Result<Place, Refusal> {
        guard let session = try store()?.openForReading(user) else {
            let nothing = Record()
            return RequestHandler.place(for: wish, key, in: nothing)
        }
        defer { session.close() }
        return session.withRecord { RequestHandler.place(for: wish, key, in: $0) }
    }

    /// The name that the key has in `record` already, or a free one like `wish`.
    private static func place(
        for wish: Name, _ key: borrowing Secret, in record: borrowing Record
    ) -> Result<Place, Refusal> {
        if let name = key.withBytes({ record.name(of: $0) }) {
            return .success(Place(name: name, isNew: false))
        }
        let taken = record.authenticators.map(\.name)
        guard taken.count < Record.maximumAuthenticators else {
            return .failure(Refusal(denial: .full))
        }
        let candidates =
            [wish.text] + (2...taken.count + 2).map { "\(wish.text.prefix(28))-\($0)" }
        let name = candidates.lazy.compactMap { Name($0.utf8) }.first { !taken.contains($0) }
        guard let name else { return .failure(Refusal(denial: .noName)) }
        return .success(Place(name: name, isNew: true))
    }
}
