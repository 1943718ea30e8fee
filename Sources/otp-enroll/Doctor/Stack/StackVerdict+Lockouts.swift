import OTPCore
import OTPPAM

extension StackVerdict {
    /// Our line that asks again for a code, and refuses it.
    var repeater: Int? {
        let harmless = runs.accepted.filter { $0.code == .right }.compactMap(\.repeater)
        return runs.repeaters.subtracting(harmless).min()
    }

    /// What refuses users who have everything that they are asked for.
    var lockouts: [Finding] { strays + deadEnds + passwordless + rootOK + unseen + unreached }

    /// Users whom a jump leads to a refusal.
    private var strays: [Finding] {
        guard runs.admitsSome else { return [] }
        return runs.lockedOut.map { line, names in
            finding(
                .problem,
                "\(Names.some(names)) cannot log in, whatever they have: \(auth[line].name) jumps"
                    + " onto a line that says no (each line of an included file counts)", at: line)
        }
    }

    /// First factors whose success leads nowhere, although another's does.
    private var deadEnds: [Finding] {
        let working = Set(runs.accepted.compactMap(\.prover))
        guard !working.isEmpty else { return [] }
        return runs.provers.subtracting(working).sorted().filter { PAMModule(auth[$0]).isKnown }
            .map { line in
                finding(
                    .problem,
                    "whom \(auth[line].name) says yes to cannot log in: the stack says no after it,"
                        + " even to a right code", at: line)
            }
    }

    // MARK: No password

    /// Whether all enrolled users log in with a key only.
    var locksOutPasswordless: Bool { !lockedByPassword.isEmpty }

    private var lockedByPassword: [String] {
        guard circumstances.isSSHD, !circumstances.passwordless.isEmpty,
            circumstances.door.comesProven == true
        else { return [] }
        return circumstances.passwordless.filter(runs.byShadow.contains)
    }

    private var passwordless: [Finding] {
        let names = lockedByPassword
        guard !names.isEmpty,
            let index = auth.firstIndex(where: { $0.name == "pam_unix" })
        else { return [] }
        return [
            finding(
                .problem,
                "the stack asks for a password behind the key, and some have none:"
                    + " \(Names.some(names)) cannot log in, even with key and code", at: index)
        ]
    }

    // MARK: Programs

    /// Root's own way after our line.
    private var rootOK: [Finding] {
        guard let own = auth.firstIndex(where: { $0.name == "pam_rootok" }),
            let index = auth[..<own].firstIndex(where: \.isOurs)
        else { return [] }
        return [
            finding(
                .warning,
                "\(Self.ours) stands above pam_rootok: root, and each script of root's, is asked for"
                    + " a code", at: index)
        ]
    }

    /// Questions that a program with one field never shows.
    private var unseen: [Finding] {
        guard PAMPrograms.asksOnce(circumstances.service),
            let index = auth.firstIndex(where: \.isOurs)
        else { return [] }
        let right = runs.accepted.filter { $0.code == .right }
        guard !right.isEmpty, right.allSatisfy({ $0.questions > 1 }) else { return [] }
        return [
            finding(
                .problem,
                "\(circumstances.service) has one field and the stack asks twice: nobody can answer"
                    + " the second question; with forward_pass, password and code are typed as one",
                at: index)
        ]
    }

    /// A socket that does not exist, for a program that is not root's.
    private var unreached: [Finding] {
        guard PAMPrograms.isOfUsers(circumstances.service) else { return [] }
        return auth.indices.filter { auth[$0].isOurs && auth[$0].namesDeadSocket }.map { index in
            finding(
                .problem,
                "the socket that this line names is not there, and \(circumstances.service) is not"
                    + " root's, so that it cannot start the service: its users stay locked out",
                at: index)
        }
    }

    // MARK: Lines of other kinds

    /// Our lines of types for which the module does nothing; libpam takes that for a failure.
    var misplaced: [Finding] {
        stack.lines.filter { line in
            guard line.isOurs, line.kind != "auth" else { return false }
            switch line.action(for: .moduleUnknown) {
            case .bad, .die: return true
            default: return false
            }
        }.map { line in
            Finding(
                .problem,
                "\(Self.ours) has nothing for \(line.kind) lines: libpam takes this one for a no",
                in: line.place.text)
        }
    }
}

extension PAMLine {
    /// The line's own path for the socket.
    var socketWord: String? { arguments.last { $0.hasPrefix("socket=") } }

    /// Whether it names a socket that does not exist, while the default one does.
    var namesDeadSocket: Bool {
        guard let path = socketWord?.dropFirst("socket=".count) else { return false }
        return !SystemFiles.exists(String(path)) && SystemFiles.exists(OptionKey.socket.fallback)
    }
}
