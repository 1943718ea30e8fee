// The same user's record from another place: a host that joins a fleet.

extension Record {
    /// What became of another record's authenticators.
    public struct Adopted: Equatable, Sendable {
        /// The names that new ones got.
        public var added: [Name] = []
        /// Those whose keys were here already: what was used there is used here.
        public var known: [Name] = []
        /// Those that are not here.
        public var left: [Name] = []

        public init() {}
    }

    /// Puts another record's authenticators beside these, with what was used of them; with
    /// `addsNone` only what was used. Backup codes and temporary codes stay as they are here.
    public mutating func adopt(_ other: borrowing Record, addsNone: Bool) -> Adopted {
        var adopted = Adopted()
        for (index, theirs) in other.authenticators.enumerated() {
            if let name = other.withKey(of: index, { self.name(of: $0) }) {
                adopted.known.append(theirs.name)
                if let here = authenticators.firstIndex(where: { $0.name == name }),
                    authenticators[here].kind == theirs.kind,
                    authenticators[here].period == theirs.period
                {
                    update(here) { $0.nextStep = max($0.nextStep, theirs.nextStep) }
                }
                continue
            }
            guard !addsNone, let name = freeName(like: theirs.name) else {
                adopted.left.append(theirs.name)
                continue
            }
            var new = theirs
            new.name = name
            let isAdded = other.withKey(of: index) { key in
                do throws(ChangeError) {
                    try add(new, key: key)
                    return true
                } catch {
                    return false
                }
            }
            if isAdded { adopted.added.append(name) } else { adopted.left.append(theirs.name) }
        }
        keyMemory.remember(other.keyMemory)
        return adopted
    }

    /// Dates what was made later than `now`, in Unix seconds, as made then. The record comes from a
    /// machine whose clock may be ahead, and by these times a restore ends what was made before, and
    /// finds the set of backup codes that a log is about.
    public mutating func date(upTo now: UInt64) {
        backupCodesMade = min(backupCodesMade, now)
        if let code = temporaryCode, code.issued > now {
            temporaryCode = IssuedCode(
                hash: code.hash, issued: now, expires: code.expires, used: code.used,
                boot: code.boot)
        }
        if let code = messaging.code, code.issued.issued > now { messaging.code = nil }
    }

    /// The name, or one like it; `nil` if there is no room for another authenticator.
    private func freeName(like wish: Name) -> Name? {
        let taken = authenticators.map(\.name)
        guard taken.count < Record.maximumAuthenticators else { return nil }
        let candidates =
            [wish.text] + (2...taken.count + 2).map { "\(wish.text.prefix(28))-\($0)" }
        return candidates.lazy.compactMap { Name($0.utf8) }.first { !taken.contains($0) }
    }
}
