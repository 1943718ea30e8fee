import OTPCore

extension Database {
    /// How often a unit of work is done again because somebody else was faster.
    static let maximumTries = 16

    /// Does one request: the same request of the same host gets the reply that it got before; any
    /// other is given to `body`, and what it stages is stored in one statement.
    ///
    /// `body` may be called several times, each time with fresh data, and must have no other effect.
    /// When this returns, the standby has everything; when it throws, nobody knows, and the host must
    /// hear that it cannot be checked.
    public func perform(
        _ act: Act, _ body: (FleetRecords) throws(StoreError) -> ActAnswer
    ) throws(StoreError) -> Performed {
        if let receipt = act.receipt { state.note(receipt) }
        try ready()
        for _ in 0..<Database.maximumTries {
            let records = FleetRecords(act, in: self)
            let row = try records.row(of: act.user)
            if let refusal = records.refusal { return refused(refusal) }
            if let row, row.isAnswered(act) {
                return .done(try repeated(row, act, records))
            }
            let answer = try body(records)
            guard answer.reply.count <= SealedRow.maximumReplyLength else {
                throw StoreError(.system, act.user.name, "the reply has grown too large")
            }
            guard records.staged != nil || answer.audit != nil || records.countsMessage else {
                return .done(
                    Performed.Done(
                        reply: answer.reply, receipt: nil, changes: [], isRepeated: false))
            }
            guard let receipt = try store(answer, of: records) else {
                // Somebody was faster, or another master key counts by now.
                state.counts.countConflict()
                try check()
                continue
            }
            if let entry = answer.audit { state.counts.count(entry) }
            return .done(
                Performed.Done(
                    reply: answer.reply, receipt: receipt, changes: changes(in: records),
                    isRepeated: false))
        }
        throw StoreError(.busy, act.user.name, "the record keeps being changed by somebody else")
    }

    /// What was answered to the same request before; `nil` if it is not the last that changed the
    /// user's row.
    public func repeated(_ act: Act) throws(StoreError) -> Performed? {
        try ready()
        let records = FleetRecords(act, in: self)
        let row = try records.row(of: act.user)
        if let refusal = records.refusal { return refused(refusal) }
        guard let row, row.isAnswered(act) else { return nil }
        return .done(try repeated(row, act, records))
    }

    /// Lets `body` read what a request asks for; nothing is stored.
    public func look(
        _ act: Act, _ body: (FleetRecords) throws(StoreError) -> [UInt8]
    ) throws(StoreError) -> Performed {
        if let receipt = act.receipt { state.note(receipt) }
        try ready()
        let records = FleetRecords(act, in: self)
        _ = try records.row(of: act.user)
        if let refusal = records.refusal { return refused(refusal) }
        return .done(
            Performed.Done(
                reply: try body(records), receipt: nil, changes: [], isRepeated: false))
    }

    private func refused(_ refusal: HostRefusal) -> Performed {
        if refusal == .overBudget { state.counts.count(.quarantine) }
        return .refused(refusal)
    }

    /// The reply of the same request before. The standby may not have it yet: the first answer may
    /// have been lost just because of that. What is stored now comes after it, so when the standby
    /// has that, it has both.
    private func repeated(
        _ row: UserRow, _ act: Act, _ records: FleetRecords
    ) throws(StoreError) -> Performed.Done {
        let entry = AuditEntry(kind: "repeated", granted: false, detail: "the same request again")
        // A copy: the row wipes its own.
        let reply = row.sealed.reply
        let answer = ActAnswer(reply: reply.span.array, audit: entry)
        guard let receipt = try store(answer, of: records) else {
            throw StoreError(.system, PostgresAnswer.subject, "the audit has no new row")
        }
        return Performed.Done(
            reply: answer.reply, receipt: receipt, changes: [], isRepeated: true)
    }

    private func changes(in records: FleetRecords) -> [RecordChange] {
        guard let row = records.staged, !row.isDecoy, !row.events.isEmpty else { return [] }
        let user = User(name: row.name, uid: row.uid, gid: .max)
        return [
            RecordChange(
                events: row.events, user: user, language: row.language, addresses: row.addresses)
        ]
    }

    /// Stores what was staged, with the audit's row; `nil` if somebody else was faster.
    private func store(
        _ answer: ActAnswer, of records: FleetRecords
    ) throws(StoreError) -> Receipt? {
        let act = records.act
        let mark = Int64.random(in: .min ... .max)
        var values = auditValues(answer.audit, of: records, mark: mark)
        var parts: StatementParts = records.countsMessage ? [.message] : []
        if answer.audit?.isFailure == true { parts.insert(.budget) }
        var storing = Storing.audit
        if let row = records.staged {
            row.sealed.last = SealedRow.Request(id: act.request, host: act.host.id)
            // A copy: the row wipes its own.
            row.sealed.reply = answer.reply.span.array
            row.sealed.floor = max(row.sealed.floor, records.floor)
            if row.countsHere { parts.insert(.here) }
            if row.clearsElsewhere { parts.insert(.elsewhere) }
            storing = row.version == 0 ? .insert : records.isRenamed ? .move : .update
            values += try rowValues(row)
            if records.isRenamed { values += try moveValues(row, replacing: records.replaced) }
        }
        let reply = try store(Database.statement(storing, parts), values)
        if case .failed(let failure) = reply, failure.isConflict { return nil }
        let rows = try reply.rows()
        guard rows.count == 1, let sequence = rows.int(0, 0) else { return nil }
        if rows.int(0, 1) != nil { state.forget(host: act.host.name) }
        let receipt = Receipt(
            floor: records.floor, sequence: sequence, mark: mark, sealing: try seal())
        state.confirm([receipt], at: place)
        return receipt
    }

    /// `$1` to `$14`.
    private func auditValues(
        _ entry: AuditEntry?, of records: FleetRecords, mark: Int64
    ) -> [PostgresValue] {
        let act = records.act
        let entry = entry ?? AuditEntry(kind: "changed", granted: true)
        let user = records.staged.flatMap { $0.isDecoy ? nil : $0 } ?? records.known
        return [
            .int(mark), .int(clamping: act.time), Database.text(settings.server),
            Database.text(act.host.name), Database.text(act.host.realm),
            // A name that nobody has may be as long as its host likes.
            Database.text(
                String(decoding: act.user.name, as: UTF8.self),
                upTo: user == nil ? Database.longestText : .max),
            Database.text(entry.actor, upTo: Database.longestText), Database.text(entry.kind),
            .bool(entry.granted), Database.text(entry.detail),
            Database.text(entry.origin, upTo: Database.longestText),
            user.map { .id($0.id) } ?? .noID, .id(act.host.id),
            .int(entry.isFailure ? HostBudget.failure : 0),
        ]
    }

    /// A text that the database takes: without zero bytes, and only its beginning if it is long.
    static func text(_ text: String, upTo length: Int = .max) -> PostgresValue {
        let start = String(decoding: text.utf8.prefix(length), as: UTF8.self)
        return .text(start.utf8.filter { $0 != 0 })
    }

    /// How much of a host's own words is written to the audit, in bytes.
    private static let longestText = 128

    /// `$15` and on.
    private func rowValues(_ row: UserRow) throws(StoreError) -> [PostgresValue] {
        let sealing = try seal()
        let sealed = try sealing.seal(row.sealed, of: row.place, version: try row.next())
        let summary = row.summary
        let isNew = row.version == 0
        return [
            .id(row.id), .bytes(sealing.keyID), .bytes(sealed), .bool(summary.isEnrolled),
            .int(clamping: summary.authenticators), .int(clamping: summary.backupCodesLeft),
            .int(clamping: summary.failures), .bool(summary.isClosed),
            .int(clamping: summary.lastLogin), .int(clamping: row.uid),
            .int(clamping: row.here.failures), .int(clamping: row.here.last),
        ] + (isNew ? [.text(row.realm), .text(row.name)] : [.int(row.version)])
    }

    /// `$28` and on: the row's new name, and the row that had it.
    private func moveValues(
        _ row: UserRow, replacing other: UserRow?
    ) throws(StoreError) -> [PostgresValue] {
        guard let other else { return [.text(row.name), .noID, .noInt, .bytes([])] }
        let next = try other.next()
        // No user has a name with a colon (passwd(5)).
        other.rename(to: Array(":\(other.id.text)".utf8), uid: other.uid)
        let sealed = try seal().seal(other.sealed, of: other.place, version: next)
        return [.text(row.name), .id(other.id), .int(other.version), .bytes(sealed)]
    }
}
