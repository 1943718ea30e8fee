import OTPCore
import OTPImport
import OTPWire

/// An export under way: what goes into the file, what cannot, and who is told.
struct ExportWork: ~Copyable {
    private let context: Context
    private let form: ExportForm
    private let path: String
    private var text: ExportText
    /// The file, once there is something to write into it.
    private var file: PrivateFile?
    /// From then on held back: nobody shall be left with half a file.
    private var interruptions: Interruptions?

    /// Whose keys are in the file, by the names of their authenticators.
    private(set) var exported: [(user: User, names: [String])] = []
    /// What is not in it.
    private(set) var leftOut: [LeftOut] = []
    /// Why the first record could not be read that could not.
    private(set) var unreadable: Failure?
    private var warnings: [String] = []
    private var untold: (count: Int, first: Failure)?

    /// `path` is where the file is to be.
    init(_ context: Context, _ form: ExportForm, to path: String) throws(Failure) {
        self.context = context
        self.form = form
        self.path = path
        text = ExportText(form, issuer: try context.policy().issuer)
    }

    /// Something that is not in the file.
    struct LeftOut {
        let user: String
        /// Which authenticator; `nil` for the whole record.
        let name: String?
        let reason: String

        /// The object of `--json`.
        var json: JSON {
            .object([
                "user": .text(user), "name": name.map(JSON.text) ?? .null,
                "reason": .text(reason),
            ])
        }
    }

    // MARK: The file

    /// How much is put together before it is written, in bytes.
    private static let piece = 16_384

    /// Writes the file, piece by piece. There is none where nobody has anything.
    mutating func write(_ entries: [Roster.Entry]) throws {
        do {
            try Roster(context).lookAtKeys(of: entries) { entry, finding in
                try take(entry, finding)
                if !exported.isEmpty, text.count >= ExportWork.piece { try flush() }
            }
            guard !exported.isEmpty else { return }
            text.finish()
            try flush()
        } catch {
            file?.remove()
            throw error
        }
    }

    private mutating func take(
        _ entry: Roster.Entry, _ finding: Roster.Finding<[TokenDocument]>
    ) throws {
        switch finding {
        case .nothing: break
        case .found(let tokens, let user): try take(tokens, of: user)
        case .orphan:
            leftOut.append(
                LeftOut(user: entry.shownName, name: nil, reason: "there is no such user"))
        case .unreadable(let error):
            unreadable = unreadable ?? Failure(error)
            let reason = Output.printable(Array(error.detail.utf8))
            leftOut.append(LeftOut(user: entry.shownName, name: nil, reason: reason))
        }
    }

    private mutating func take(_ tokens: [TokenDocument], of user: User) throws {
        let name = Output.printable(user.name)
        var results: [(Authenticator, ExportText.LeftOut?)] = []
        text.add(try tokens.map(ExportedToken.init), of: user) { results.append(($0, $1)) }
        for case (let authenticator, let leftOut?) in results {
            self.leftOut.append(
                LeftOut(user: name, name: authenticator.name.text, reason: leftOut.reason))
        }
        let written = results.filter { $0.1 == nil }.map(\.0)
        guard !written.isEmpty else { return }
        exported.append((user, written.map(\.name.text)))
        guard form == .usersOATH else { return }
        // What a line of users.oath cannot keep.
        for authenticator in written {
            for note in UsersOATHWriter.notes(for: authenticator) {
                warnings.append("\(name): \"\(authenticator.name.text)\": \(note)")
            }
        }
    }

    /// Writes what was put together, into a file that is made for the first of it.
    private mutating func flush() throws {
        let file: PrivateFile
        if let made = self.file {
            file = made
        } else {
            interruptions = try Interruptions()
            file = try PrivateFile(path)
            self.file = file
        }
        var piece = text.take()
        try file.append(&piece)
        try endIfAsked(after: 0)
    }

    private func endIfAsked(after written: Int) throws(Failure) {
        guard interruptions?.endIsAsked() == true else { return }
        file?.remove()
        throw Failure(
            "ended, and \(Output.printable(path)) was removed again",
            hint: "the export is recorded in \(Words.count(written, "record")) already")
    }

    /// Says on stderr what is not in the file.
    func noteLeftOut() {
        for warning in warnings { Output.note("warning: \(warning)") }
        for part in leftOut {
            let name = part.name.map { ": \"\($0)\"" } ?? ""
            Output.note("\(part.user)\(name) is left out: \(part.reason)")
        }
    }

    // MARK: Records and log

    /// Has it written into each user's record and into the log that the key was exported. Where
    /// somebody ends the program, the file is removed.
    mutating func tellRecords() throws {
        var progress = Progress("Writing down the export", of: exported.count)
        defer { progress.finish() }
        for (done, part) in exported.enumerated() {
            try endIfAsked(after: done)
            let context = Context(part.user, by: context.service)
            do throws(Failure) {
                _ = try context.change(.noteExport(names: part.names))
            } catch {
                untold = ((untold?.count ?? 0) + 1, untold?.first ?? error)
                // The user is told in any case: the key is out.
                let names = part.names.joined(separator: ", ")
                try context.tell(context.event(.exported, detail: Array(names.utf8)))
            }
            progress.advance()
        }
    }

    /// What to end with where not all went as it should.
    var failure: Failure? {
        if let untold {
            return Failure(
                "\(Words.count(untold.count, "record")) could not be told about the export: "
                    + untold.first.message, hints: untold.first.hints)
        }
        guard !leftOut.isEmpty else { return nil }
        return Failure("\(Output.printable(path)) does not contain everything")
    }
}
