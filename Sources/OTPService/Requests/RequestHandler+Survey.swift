import OTPCore
import OTPWire

// Looking: at one account, or at all of them.
extension RequestHandler {
    func status() throws(StoreError) -> Reply.Result {
        let now = try clock.now()
        let boot = clock.boot()
        let store = try here.store()
        guard let session = try store?.openForReading(user) else {
            try store?.checkOtherNumber(of: user)
            let nothing = Record()
            return .account(
                account: AccountDocument(nothing, at: now, boot: boot, options: options))
        }
        defer { session.close() }
        return .account(
            account:
                session.withRecord { AccountDocument($0, at: now, boot: boot, options: options) })
    }

    /// The most ranges of UIDs in a reply.
    private static var mostRanges: Int { 1000 }

    /// The UIDs that have a record; names are for a fleet that goes by them.
    func recorded(after number: UInt32?, name: String?) throws(StoreError) -> Reply.Result {
        guard name == nil else { return .denied(reason: .malformed) }
        let found = try here.store()?.userIDs(after: number) ?? (numbers: [], isAll: true)
        var ranges: [[UInt32]] = []
        for uid in found.numbers.sorted() {
            if let last = ranges.last?.last, last &+ 1 == uid {
                ranges[ranges.count - 1][1] = uid
            } else if ranges.count < RequestHandler.mostRanges {
                ranges.append([uid, uid])
            } else {
                return .recorded(ranges: ranges, isAll: false, fleet: nil, names: nil)
            }
        }
        return .recorded(ranges: ranges, isAll: found.isAll, fleet: nil, names: nil)
    }

    func rows(of numbers: [NumberDocument]) throws(StoreError) -> Reply.Result {
        guard numbers.count <= NumberDocument.mostRows else { return .denied(reason: .malformed) }
        let now = try clock.now()
        let boot = clock.boot()
        return .rows(
            rows:
                try look(at: numbers) { (finding) in
                    switch finding {
                    case .nothing: .nothing
                    case .hidden: .hidden
                    case .orphan(let owner): .orphan(name: owner.shownName)
                    case .unreadable(let error): .unreadable(trouble: TroubleDocument(error))
                    case .found(let place, let session):
                        session.withRecord { record in
                            .found(
                                place: place,
                                account: RowDocument.Account(
                                    record, at: now, boot: boot, options: options))
                        }
                    }
                })
    }

    func keys(of numbers: [NumberDocument]) throws(StoreError) -> Reply.Result {
        guard numbers.count <= NumberDocument.mostKeys else { return .denied(reason: .malformed) }
        return .keys(
            keys:
                try look(at: numbers) { (finding) in
                    switch finding {
                    case .nothing, .hidden, .orphan: .nothing
                    case .unreadable(let error): .unreadable(trouble: TroubleDocument(error))
                    case .found(let place, let session):
                        .found(
                            place: place, tokens: session.withRecord { RequestHandler.tokens($0) })
                    }
                })
    }

    /// The longest report, in bytes: a mail with it fits a message to the messenger.
    private static var longestReport: Int { 24_576 }

    /// Mails what `otp-enroll report` has found.
    func mailReport(_ text: String, to address: String) -> Reply.Result {
        guard let recipient = MailAddress(address),
            text.utf8.count <= RequestHandler.longestReport
        else { return .denied(reason: .malformed) }
        var done = ChangeDocument(nil)
        do throws(MessengerClient.Problem) {
            try announcer.send(report: text, to: recipient)
        } catch {
            done.unsent = error.text
        }
        return .done(change: done)
    }

    private static func tokens(_ record: borrowing Record) -> [TokenDocument] {
        var tokens: [TokenDocument] = []
        for (index, authenticator) in record.authenticators.enumerated() {
            var key = record.withKey(of: index) { Base32.encode($0) }
            tokens.append(
                TokenDocument(
                    AuthenticatorDocument(authenticator),
                    key: String(decoding: key, as: UTF8.self)))
            Secret.wipe(&key)
        }
        return tokens
    }

    // MARK: One by one

    /// What a UID's record turned out to be.
    private enum Finding {
        case nothing
        /// A user whom the help desk must leave alone.
        case hidden
        /// The record of a UID without a user.
        case orphan(User)
        case found(place: Int, Here.Records.Session)
        case unreadable(StoreError)
    }

    /// Checks the records of `numbers`. Trouble with the store or its key is thrown; trouble with
    /// one record is a finding.
    private func look<Row>(
        at numbers: [NumberDocument], _ row: (Finding) -> Row
    ) throws(StoreError) -> [Row] {
        guard let store = try here.store() else { return numbers.map { _ in row(.nothing) } }
        var rows: [Row] = []
        for number in numbers {
            let finding = try find(number, in: store)
            rows.append(row(finding))
            if case .found(_, let session) = finding { session.close() }
        }
        return rows
    }

    private func find(
        _ number: NumberDocument, in store: Here.Records
    ) throws(StoreError) -> Finding {
        if try isHidden(number, in: store) { return .hidden }
        var refusal: StoreError?
        if number.users.isEmpty {
            do throws(StoreError) {
                return try store.owner(of: number.uid).map { .orphan($0) } ?? .nothing
            } catch {
                let nobody = User(name: [], uid: number.uid, gid: 0)
                guard error.subject == store.path(ofRecordOf: nobody) else { throw error }
                return .unreadable(error)
            }
        }
        for (place, name) in number.users.enumerated() {
            let user = User(name: Array(name.utf8), uid: number.uid, gid: 0)
            do throws(StoreError) {
                guard let session = try store.openForReading(user) else { return .nothing }
                return .found(place: place, session)
            } catch {
                // Trouble with the key or the folder affects everybody.
                guard error.subject == store.path(ofRecordOf: user) else { throw error }
                refusal = refusal ?? error
                // If two names have one UID, the record belongs to one of them only.
                if error.code != .otherUser { break }
            }
        }
        return refusal.map { .unreadable($0) } ?? .nothing
    }

    // MARK: Recorded

    /// Records that keys were exported. It is logged in any case: they have left.
    func noteExport(of names: [String]) throws(StoreError) -> Reply.Result {
        let event = event(
            .exported, detail: Array(names.joined(separator: ", ").utf8), at: try clock.now())
        defer { log(event) }
        do throws(StoreError) {
            _ = try here.store()?.edit(user, makesRecord: false) { (record) -> Edited<Void> in
                record.note(event)
                return .kept(())
            }
        } catch {
            // The user is told in any case: the key has left.
            announcer.note(event, of: user)
            throw error
        }
        return .done(change: ChangeDocument(event))
    }
}
