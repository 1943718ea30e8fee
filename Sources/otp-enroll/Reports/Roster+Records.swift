import OTPCore
import OTPWire

// What the records say, requested page by page.
extension Roster {
    /// Reads the records of `entries`. On a terminal it shows progress, unless it is `quiet`.
    /// Trouble with the store or its key is thrown; trouble with one record is a finding.
    func look(
        at entries: [Entry], quiet: Bool = false,
        _ tell: (Entry, Finding<RowDocument.Account>) throws -> Void
    ) throws {
        try ask(about: entries, most: NumberDocument.mostRows, quiet, Command.rows) { reply in
            guard case .rows(let rows) = reply else { throw context.failure(reply) }
            return rows
        } _: { entry, row in
            switch row {
            case .nothing, nil: try tell(entry, try entry.finding())
            case .hidden: try tell(entry, .hidden)
            case .orphan(let name): try tell(entry, .orphan(try Orphan(entry.uid, of: name)))
            case .found(let place, let account):
                try tell(entry, .found(account, of: try entry.user(place)))
            case .unreadable(let trouble): try tell(entry, .unreadable(trouble.error))
            }
        }
    }

    /// The same for the authenticators, with their keys.
    func lookAtKeys(
        of entries: [Entry], _ tell: (Entry, Finding<[TokenDocument]>) throws -> Void
    ) throws {
        try ask(about: entries, most: NumberDocument.mostKeys, false, Command.keys) { reply in
            guard case .keys(let keys) = reply else { throw context.failure(reply) }
            return keys
        } _: { entry, keys in
            switch keys {
            case .nothing, nil: try tell(entry, try entry.finding())
            case .found(let place, let tokens):
                try tell(entry, .found(tokens, of: try entry.user(place)))
            case .unreadable(let trouble): try tell(entry, .unreadable(trouble.error))
            }
        }
    }

    /// Requests page by page, so that neither end has to hold everything.
    private func ask<Document>(
        about entries: [Entry], most: Int, _ quiet: Bool,
        _ command: @escaping ([NumberDocument]) -> Command,
        _ documents: (Reply.Result) throws -> [Document],
        _ tell: (Entry, Document?) throws -> Void
    ) throws {
        var progress = Progress("Reading records", of: entries.count, isShown: !quiet)
        defer { progress.finish() }
        var told = entries[...]
        func tellOthers(until end: Int) throws {
            for entry in told[..<end] {
                try tell(entry, nil)
                progress.advance()
            }
            told = told[end...]
        }
        let pages = Pages(entries[...], most: most)
        try context.ask(pages.lazy.map { command($0.map(\.document)) }) { reply in
            let found = try documents(reply)
            for document in found {
                guard let index = told.firstIndex(where: \.isAsked) else {
                    throw Failure.otherVersion
                }
                try tellOthers(until: index)
                try tell(told[index], document)
                progress.advance()
                told = told[(index + 1)...]
            }
        }
        guard !told.contains(where: \.isAsked) else { throw Failure.otherVersion }
        try tellOthers(until: told.endIndex)
    }
}

/// The entries to request, one page at a time.
private struct Pages: Sequence, IteratorProtocol {
    private var rest: ArraySlice<Roster.Entry>
    private let most: Int

    init(_ entries: ArraySlice<Roster.Entry>, most: Int) {
        rest = entries
        self.most = most
    }

    mutating func next() -> [Roster.Entry]? {
        var page: [Roster.Entry] = []
        while page.count < most, let entry = rest.popFirst() {
            if entry.isAsked { page.append(entry) }
        }
        return page.isEmpty ? nil : page
    }
}

extension Roster.Entry {
    /// The finding for an entry without a record to request.
    fileprivate func finding<Value>() throws -> Roster.Finding<Value> {
        guard hasRecord, users.isEmpty else { return .nothing }
        return .orphan(try formerUser.map { try Orphan(uid, of: $0) })
    }

    /// The user at this position among those who have the UID.
    fileprivate func user(_ place: Int) throws(Failure) -> User {
        let index = users.startIndex + place
        guard users.indices.contains(index) else { throw Failure.otherVersion }
        return users[index]
    }
}

extension StoreError {
    /// What is wrong with a record, in a word or two for a table.
    var shortText: String {
        switch code {
        case .damaged: "damaged"
        case .otherKey: "other seal key"
        case .otherUser: "another user's"
        case .unsafe: "unsafe file"
        case .busy: "busy"
        case .missing, .unproven, .sealed, .exists, .system, .configuration, .clock:
            "unreadable"
        }
    }
}
