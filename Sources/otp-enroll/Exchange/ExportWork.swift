import OTPCore
import OTPImport
import OTPWire

/// An export in progress: what goes into the file, what cannot, and who is told.
struct ExportWork: ~Copyable {
    private let context: Context
    private let form: ExportForm
    private let path: String
    private var text: ExportText
    /// The file, once there is something to write to it.
    private var file: PrivateFile?
    /// Interrupts are held back from then on, so that nobody is left with half a file.
    private var interruptions: Interruptions?

    /// The users whose keys are in the file, with the names of their authenticators.
    private(set) var exported: [(user: User, names: [String])] = []
    /// What is not in it.
    private(set) var leftOut: [LeftOut] = []
    /// Why the first unreadable record could not be read.
    private(set) var unreadable: Failure?
    private var warnings: [String] = []
    private var untold: (count: Int, first: Failure)?

    /// `path` is where to make the file. The caller fetches the issuer, because it may throw: the
    /// compiler destroys what such an initializer has stored twice (Swift 6.2).
    init(_ context: Context, _ form: ExportForm, issuer: String, to path: String) {
        self.context = context
        self.form = form
        self.path = path
        text = ExportText(form, issuer: issuer)
    }

    /// Something that was left out of the file.
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

    /// How much is built before it is written, in bytes.
    private static let piece = 16_384

    /// Writes the file, piece by piece. No file is made if nobody has anything.
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
        case .nothing, .hidden: break
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
        // What a line of users.oath cannot represent.
        for authenticator in written {
            for note in UsersOATHWriter.notes(for: authenticator) {
                warnings.append("\(name): \"\(authenticator.name.text)\": \(note)")
            }
        }
    }

    /// Writes what was built; the file is made for the first piece.
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

    /// Reports on stderr what is not in the file.
    func noteLeftOut() {
        for warning in warnings { Output.note("warning: \(warning)") }
        for part in leftOut {
            let name = part.name.map { ": \"\($0)\"" } ?? ""
            Output.note("\(part.user)\(name) is left out: \(part.reason)")
        }
    }

    // MARK: Records and log

    /// Records in each user's record and in the log that the key was exported. If the program is
    /// interrupted, the file is removed.
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
            }
            progress.advance()
        }
    }

    /// The error to end with if not everything went well.
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
