import OTPCore
import OTPImport
import OTPStore

/// Brings what was read from other programs' files to the users it belongs to.
struct Importer {
    /// The options, and whether the caller may do it.
    let workplace: Workplace
    /// The store, opened once for all; `nil` where there is none and nothing is to be made.
    let store: Store?
    /// Whom everything is for, where the command line says so.
    let onlyUser: String?
    /// Serial numbers or foreign names, and the users here that they belong to.
    let map: [String: String]
    /// Whether nothing is to be changed.
    let isRehearsal: Bool

    /// What became of one token.
    struct Row {
        /// The user, or what the file says.
        var user: String
        /// The name that it has here, or would have.
        var name = ""
        /// `totp` or `hotp`.
        var kind = ""
        /// What happened: `imported`, `already here`, or why not.
        var result: String
        /// Whether it is here now, or would be.
        var isHere = false
        /// What could not come along, and why.
        var notes: [String] = []
    }

    /// Imports one token.
    func run(_ token: ImportedToken) -> Row {
        var row = Row(
            user: token.owner?.printable ?? "-", kind: token.kind == .totp ? "totp" : "hotp",
            result: "", notes: token.notes)
        do {
            guard let name = user(of: token) else {
                throw Failure("\(token.place.text) names no user here")
            }
            let workplace = try Workplace(name, after: workplace, in: store)
            row.user = workplace.userName
            let (authenticator, isNew) =
                try isRehearsal ? rehearse(token, workplace) : keep(token, workplace)
            row.name = authenticator.text
            row.isHere = true
            row.result = isNew ? (isRehearsal ? "would be imported" : "imported") : "already here"
        } catch let failure as Failure {
            row.result = failure.message
        } catch let error as StoreError {
            row.result = Output.printable(error.text)
        } catch {
            row.result = "it cannot be imported"
        }
        return row
    }

    // MARK: Whose it is

    private func user(of token: ImportedToken) -> String? {
        if let onlyUser { return onlyUser }
        let names = [token.serial, token.owner, token.ownerBeforeHost].compactMap { name in
            name.map { String(decoding: $0.bytes, as: UTF8.self) }
        }
        if let mapped = names.lazy.compactMap({ map[$0] }).first { return mapped }
        guard token.owner != nil else { return nil }
        // As it stands first: a user may well be called `alice@example.com` here.
        let owners = names.dropFirst(token.serial == nil ? 0 : 1)
        return owners.first { Importer.isUser($0) } ?? owners.last
    }

    private static func isUser(_ name: String) -> Bool {
        do throws(StoreError) {
            return try SystemUsers().user(named: Array(name.utf8)) != nil
        } catch {
            return false
        }
    }

    // MARK: Keeping it

    /// Puts it into the record; its name, and whether it is new there.
    private func keep(
        _ token: ImportedToken, _ workplace: Workplace
    ) throws -> (Name, isNew: Bool) {
        // Looked at first, so that a second run writes nothing.
        let before = try rehearse(token, workplace)
        guard before.isNew else { return before }
        return try workplace.edit(makesRecord: true) { record, now in
            let place = try Importer.place(for: token, in: record, workplace)
            guard place.isNew, let authenticator = token.authenticator(name: place.0, added: now)
            else { throw Failure("somebody else has just imported it") }
            try token.key.withBytes { key in
                do throws(Record.ChangeError) {
                    try record.add(authenticator, key: key)
                } catch {
                    throw Failure("its key cannot be kept")
                }
            }
            return (place, workplace.event(.imported, detail: place.0.bytes, at: now))
        }
    }

    /// What would become of it.
    private func rehearse(
        _ token: ImportedToken, _ workplace: Workplace
    ) throws -> (Name, isNew: Bool) {
        let found = try workplace.access.look { record in
            Result { try Importer.place(for: token, in: record, workplace) }
        }
        return try found?.get()
            ?? Importer.place(for: token, in: Record(), workplace)
    }

    /// The name that it has in `record` already, or a free one.
    private static func place(
        for token: ImportedToken, in record: borrowing Record, _ workplace: Workplace
    ) throws -> (Name, isNew: Bool) {
        for (index, authenticator) in record.authenticators.enumerated() {
            let isSame = record.withKey(of: index) { kept in
                token.key.withBytes { new in
                    new.count == kept.count && new.indices.allSatisfy { new[$0] == kept[$0] }
                }
            }
            if isSame { return (authenticator.name, false) }
        }
        let taken = record.authenticators.map(\.name)
        guard taken.count < Record.maximumAuthenticators else {
            throw Failure(
                "\(workplace.userName) has \(Record.maximumAuthenticators) authenticators already")
        }
        let wish = token.name?.text ?? (token.serial == nil ? "phone" : "token")
        let candidates = [wish] + (2...taken.count + 2).map { "\(wish.prefix(28))-\($0)" }
        guard
            let name = candidates.lazy.compactMap({ Name($0.utf8) })
                .first(where: { !taken.contains($0) })
        else { throw Failure("no name is left for it") }
        return (name, true)
    }
}
