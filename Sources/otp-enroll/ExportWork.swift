import OTPCore
import OTPImport
import OTPStore

/// An export under way: what goes into the file, what cannot, and who is told.
struct ExportWork {
    let roster: Roster
    let store: Store
    let form: ExportForm

    /// Whose keys are in the file, by the names of their authenticators.
    private(set) var exported: [(user: User, names: [Name])] = []
    /// What is not in it.
    private(set) var leftOut: [LeftOut] = []
    /// Why the first record could not be read that could not.
    private(set) var unreadable: Failure?
    private var warnings: [String] = []
    private var untold: (count: Int, first: Failure)?

    init(roster: Roster, store: Store, form: ExportForm) {
        self.roster = roster
        self.store = store
        self.form = form
    }

    /// Something that is not in the file.
    struct LeftOut {
        let user: String
        /// Which authenticator; `nil` for the whole record.
        let name: Name?
        let reason: String

        /// The object of `--json`.
        var json: JSON {
            .object([
                "user": .text(user), "name": name.map { .text($0.text) } ?? .null,
                "reason": .text(reason),
            ])
        }
    }

    // MARK: The file

    /// Puts together what the file is to hold. To be wiped.
    mutating func collect(_ entries: [Roster.Entry]) throws -> [UInt8] {
        var text = ExportText(form)
        try roster.look(at: entries, in: store) { record, user in
            var names: [Name] = []
            text.add(record, of: user) { authenticator, leftOut in
                if let leftOut {
                    leave(authenticator, of: user, leftOut.reason)
                } else {
                    names.append(authenticator.name)
                    warn(authenticator, of: user)
                }
            }
            if !names.isEmpty { exported.append((user, names)) }
        } _: { entry, finding in
            switch finding {
            case .found, .nothing: break
            case .orphan:
                leftOut.append(
                    LeftOut(user: entry.shownName, name: nil, reason: "there is no such user"))
            case .unreadable(let error):
                unreadable = unreadable ?? Failure(error)
                let reason = Output.printable(Array(error.detail.utf8))
                leftOut.append(LeftOut(user: entry.shownName, name: nil, reason: reason))
            }
        }
        return text.finish()
    }

    private mutating func leave(_ authenticator: Authenticator, of user: User, _ reason: String) {
        leftOut.append(
            LeftOut(
                user: Output.printable(user.name), name: authenticator.name, reason: reason))
    }

    /// Remembers what a line of users.oath cannot keep of an authenticator.
    private mutating func warn(_ authenticator: Authenticator, of user: User) {
        guard form == .usersOATH else { return }
        for note in UsersOATHWriter.notes(for: authenticator) {
            let name = "\(Output.printable(user.name)): \"\(authenticator.name.text)\""
            warnings.append("\(name): \(note)")
        }
    }

    /// Says on stderr what is not in the file.
    func noteLeftOut() {
        for warning in warnings { Output.note("warning: \(warning)") }
        for part in leftOut {
            let name = part.name.map { ": \"\($0.text)\"" } ?? ""
            Output.note("\(part.user)\(name) is left out: \(part.reason)")
        }
    }

    // MARK: Records and log

    /// Writes into each user's record and into the log that the key was exported. Where somebody
    /// ends the program, the file is removed.
    mutating func tellRecords(
        _ file: PrivateFile, _ interruptions: borrowing Interruptions
    ) throws {
        let now = try SystemClock().now()
        var progress = Progress("Writing down the export", of: exported.count)
        defer { progress.finish() }
        for (done, part) in exported.enumerated() {
            guard !interruptions.endIsAsked() else {
                file.remove()
                throw Failure(
                    "ended, and \(Output.printable(file.path)) was removed again",
                    hint: "the export is written down in \(Words.count(done, "record")) already")
            }
            let workplace = Workplace(options: roster.options, user: part.user)
            let names = Array(part.names.map(\.text).joined(separator: ", ").utf8)
            let event = workplace.event(.exported, detail: names, at: now)
            do throws(StoreError) {
                try tell(part.user, event)
            } catch {
                untold = ((untold?.count ?? 0) + 1, untold?.first ?? Failure(error))
            }
            // The log is told in any case: the key is out.
            workplace.announce(event)
            progress.advance()
        }
    }

    private func tell(_ user: User, _ event: Event) throws(StoreError) {
        guard let session = try store.open(user) else { return }
        defer { session.close() }
        session.withRecord { $0.note(event) }
        try session.commit()
    }

    /// What to end with where not all went as it should.
    func failure(_ file: PrivateFile) -> Failure? {
        if let untold {
            return Failure(
                "\(Words.count(untold.count, "record")) could not be told of the export: "
                    + untold.first.message, hints: untold.first.hints)
        }
        guard !leftOut.isEmpty else { return nil }
        return Failure("\(Output.printable(file.path)) does not hold everything")
    }
}
