import OTPCore
import OTPImport
import OTPStore
import OTPWire

/// Gives what was read from other programs' files to the users it belongs to.
struct Importer {
    /// The service, and the caller's permission.
    let context: Context
    /// The user for everything, if the command line names one.
    let onlyUser: String?
    /// Whether root named `onlyUser`, rather than found them with everybody else.
    var isNamed = true
    /// Serial numbers or foreign names, and the users here that they belong to; `nil` for no map.
    /// With `onlyUser` it says which tokens of a file are that user's.
    let map: [String: String]?
    /// Whether nothing is changed.
    let isRehearsal: Bool
    /// Whether names in the file must match users' whole names, with their host part.
    var hasWholeNames = false
    /// Whether the file names the owner of every token, so that `onlyUser` does not get others'
    /// tokens.
    var namesEveryOwner = false
    /// Whether keys of 80 bits or more are accepted.
    var allowsShortKeys = false

    /// The result for one token.
    struct Row {
        /// The user, or the name in the file.
        var user: String
        /// The name that it has here, or would have.
        var name = ""
        /// `totp` or `hotp`.
        var kind = ""
        /// What happened: `imported`, `already here`, or why not.
        var result: String
        /// Whether it exists here now, or would.
        var isHere = false
        /// Whether it was left out because the user is or was enrolled and was not named.
        var isSkipped = false
        /// Whether its key has fewer than 128 bits.
        var hasShortKey = false
        /// The user's other authenticators, if this one is new.
        var addsTo: [String] = []
        /// What was left out, and why.
        var notes: [String] = []
    }

    /// Imports one token. `newcomers` are the users whom this file enrolled: the rest of their
    /// tokens is theirs as well.
    func run(_ token: ImportedToken, _ newcomers: inout Set<String>) -> Row {
        var row = Row(
            user: token.owner?.printable ?? "-", kind: token.kind == .totp ? "totp" : "hotp",
            result: "", notes: token.notes)
        row.hasShortKey = token.hasShortKey
        do {
            guard let name = user(of: token) else {
                throw Failure("\(token.place.text) names no user here")
            }
            let context = try Context(name, like: context)
            row.user = context.userName
            // A map does not count: it is about many users, and stays the same when it is used
            // again after one of its tokens was lost and removed.
            let isMeant = onlyUser != nil && isNamed || newcomers.contains(context.userName)
            switch try keep(token, context, isMeant: isMeant) {
            case .taken(let name, let isNew, let others):
                row.name = Output.printable(name)
                row.isHere = true
                row.result =
                    isNew ? (isRehearsal ? "would be imported" : "imported") : "already here"
                if isNew { row.addsTo = others.map { Output.printable($0) } }
                if isNew, !isMeant { newcomers.insert(context.userName) }
            case .denied(.isEnrolled): row.skip("enrolled already, skipped")
            case .denied(.wasEnrolled): row.skip("was enrolled before, skipped")
            case .denied(.shortKey):
                throw Failure(
                    "the key is too short: \(token.key.count * 8) bits, at least 128 are needed")
            case let other: throw context.failure(other)
            }
        } catch let failure as Failure {
            row.result = failure.message
        } catch let error as StoreError {
            row.result = Output.printable(error.text)
        } catch {
            row.result = "it cannot be imported"
        }
        return row
    }

    // MARK: Its owner

    /// Whether it is wanted: if a file names owners, only `onlyUser`'s own tokens are.
    func wants(_ token: ImportedToken) -> Bool {
        map == nil && !namesEveryOwner || onlyUser == nil || user(of: token) == onlyUser
    }

    /// The owner.
    private func user(of token: ImportedToken) -> String? {
        if map == nil, !namesEveryOwner, let onlyUser { return onlyUser }
        let withoutHost = hasWholeNames ? nil : token.ownerBeforeHost
        let names = [token.serial, token.owner, withoutHost].compactMap { name in
            name.map { String(decoding: $0.bytes, as: UTF8.self) }
        }
        if let map, let mapped = names.lazy.compactMap({ map[$0] }).first { return mapped }
        guard token.owner != nil else { return nil }
        // The whole name first: a user may well be called `alice@example.com` here.
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

    // MARK: Storing it

    /// Has it stored, or finds out what would happen.
    private func keep(
        _ token: ImportedToken, _ context: Context, isMeant: Bool
    ) throws -> Reply.Result {
        let wish = token.name ?? Name((token.serial == nil ? "phone" : "token").utf8)
        guard let wish, let authenticator = token.authenticator(name: wish, added: 0) else {
            throw Failure("it cannot be imported")
        }
        var key = token.key.withBytes { Base32.encode($0) }
        defer { Secret.wipe(&key) }
        let document = TokenDocument(
            AuthenticatorDocument(authenticator), key: String(decoding: key, as: UTF8.self))
        return try context.ask(
            .take(
                token: document, rehearses: isRehearsal, isMeant: isMeant,
                allowsShortKeys: allowsShortKeys))
    }
}

extension Importer.Row {
    /// What the table says happened.
    var what: String {
        addsTo.isEmpty ? result : "\(result), beside \(addsTo.joined(separator: ", "))"
    }

    fileprivate mutating func skip(_ why: String) {
        isSkipped = true
        result = why
    }
}
