import FleetNetwork
import FleetStore
import OTPCore
import OTPWire

// Records that a host brings in. What was used of them there stays used.
extension Judge {
    func bring(
        _ text: String, adds: Bool, rehearses: Bool, _ act: Act, in database: Database
    ) throws(StoreError) -> HostAnswer {
        guard act.host.rights.contains("import") else {
            return try refuse(
                Brought.entry(
                    granted: false, Reply.Denial.hostRight(name: "import").word, at: act.host),
                .hostRight, with: .denied(reason: .right), act, in: database)
        }
        let digits = Array(text.utf8)
        guard digits.count <= 2 * Record.maximumEncodedLength,
            var bytes = Base64.decode(digits.span)
        else { return .malformed }
        defer { Secret.wipe(&bytes) }
        guard bytes.count <= Record.maximumEncodedLength, Record(decoding: bytes.span) != nil else {
            return .malformed
        }
        let performed = try database.perform(act) { (records) throws(StoreError) in
            let brought = try Judge.bring(
                bytes, adds: adds, rehearses: rehearses, of: act, to: records)
            return ActAnswer(
                reply: try Judge.encoded(FleetReply(brought.result)),
                audit: rehearses ? nil : brought.entry(at: act.host))
        }
        post(messages(at: act.host), after: performed)
        return Judge.answer(performed)
    }

    /// What became of a record.
    private struct Brought {
        var how: BroughtDocument.How
        var adopted = Record.Adopted()

        var result: FleetReply.Result {
            .brought(
                how: how, added: adopted.added.map(\.text), left: adopted.left.map(\.text))
        }

        /// What the audit says; `nil` if nothing has come in.
        func entry(at host: HostRow) -> AuditEntry? {
            guard how == .stored || how == .added else { return nil }
            let names = adopted.added.map(\.text).joined(separator: ", ")
            return Brought.entry(granted: true, names.isEmpty ? "record" : names, at: host)
        }

        static func entry(granted: Bool, _ detail: String, at host: HostRow) -> AuditEntry {
            AuditEntry(
                kind: "brought", granted: granted, detail: detail,
                origin: "otp-enroll fleet import", actor: "root@\(host.name)")
        }
    }

    private static func bring(
        _ bytes: [UInt8], adds: Bool, rehearses: Bool, of act: Act, to records: FleetRecords
    ) throws(StoreError) -> Brought {
        let isRehearsed = rehearses
        let found = try records.edit(act.user, makesRecord: true) {
            (record) throws(StoreError) -> Edited<Brought> in
            guard var theirs = Record(decoding: bytes.span) else {
                throw StoreError(.damaged, act.user.name, "the record is damaged")
            }
            guard theirs.isEnrolled else { return .left(Brought(how: .empty)) }
            guard record.isEnrolled else {
                theirs.succeed(record)
                theirs.date(upTo: act.time)
                record = theirs
                return isRehearsed ? .left(Brought(how: .stored)) : .kept(Brought(how: .stored))
            }
            let adopted = record.adopt(theirs, addsNone: !adds)
            let how: BroughtDocument.How =
                !adopted.added.isEmpty ? .added : adopted.left.isEmpty ? .there : .conflict
            let brought = Brought(how: how, adopted: adopted)
            return isRehearsed ? .left(brought) : .kept(brought)
        }
        return found ?? Brought(how: .empty)
    }
}
