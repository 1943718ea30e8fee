import OTPPAM

/// Changes to PAM files that may fix a stack, the smallest and most likely first. Whether one does
/// is decided by a verdict.
struct StackChanges {
    /// Texts that replace files.
    typealias Texts = [String: String]

    let verdict: StackVerdict
    private let texts: Texts
    /// Whether a first factor was verified before PAM is called.
    private let comesProven: Bool?

    init(_ verdict: StackVerdict, in texts: Texts, comesProven: Bool?) {
        (self.verdict, self.texts, self.comesProven) = (verdict, texts, comesProven)
    }

    /// All of them. Changes to included files come last, because other services read those files.
    var all: [Texts] {
        guard let written = text(of: verdict.stack.file) else { return [] }
        let own = placed(written)
        let main = verdict.stack.file
        var first: [PAMText] = own == written ? [] : [own]
        if verdict.repeater != nil { first += removals(main, own) }
        first += withoutPassword(own) + controls(main, own)
        first += inclusions(own) + places(own, in: main) + additions(own)
        var changes = first.map { with($0, for: main) }
        var others: [String] = []
        for file in verdict.auth.map(\.place.file) where file != main && !others.contains(file) {
            others.append(file)
        }
        for file in others where !StackChanges.isGenerated(file) {
            if let text = text(of: file) {
                changes += (controls(file, text) + places(text, in: file))
                    .map { with($0, for: file) }
            }
        }
        changes += (removals(main, own) + expansions(own)).map { with($0, for: main) }
        return changes
    }

    /// Whether a program generates the file, and would overwrite a change: authselect.
    private static func isGenerated(_ file: String) -> Bool {
        SystemFiles.lines(file).prefix(10).contains { $0.lowercased().contains("authselect") }
    }

    private func text(of file: String) -> PAMText? {
        if let text = texts[file] { return PAMText(text) }
        guard case .text(let text) = SystemFiles.read(file) else { return nil }
        return PAMText(text)
    }

    private func with(_ text: PAMText, for file: String) -> Texts {
        texts.merging([file: text.text]) { $1 }
    }

    func line(_ entry: PAMText.Entry, in file: String) -> (index: Int, line: PAMLine)? {
        verdict.auth.enumerated().first {
            $1.place.file == file && $1.place.number == entry.number
        }.map { ($0, $1) }
    }

    // MARK: Control values

    /// Other control values: for our line and those that skip it first, then for others.
    private func controls(_ file: String, _ text: PAMText) -> [PAMText] {
        let openings = verdict.openings
        var first: [PAMText] = [], second: [PAMText] = [], third: [PAMText] = []
        for entry in text.entries where entry.isAuth && !entry.includesAuth {
            guard let (index, line) = line(entry, in: file) else { continue }
            let set = { (control: String) in text.setting(control, of: entry) }
            let proves = PAMModule(line).proof != .nothing
            if line.control == nil {
                first.append(set("required"))
            } else if line.isOurs {
                first += ["required", "requisite"].map(set)
            } else if openings.contains(index) {
                first += (proves ? ["requisite", "required"] : ["required", "optional"]).map(set)
            } else if proves, !isCounted(line) {
                second.append(set("requisite"))
            }
            if verdict.runs.lockedOut.contains(where: { $0.line == index }) {
                third += (1...6).map { set("[success=\($0) default=ignore]") }
            }
            if proves, openings.contains(index) || line.written.hasPrefix("[") {
                third += (1...4).map { set("[success=\($0) default=ignore]") }
            }
        }
        return (first + second + third).filter { $0 != text }
    }

    /// Whether a line below counts the failures of this one, and so must be reached.
    private func isCounted(_ line: PAMLine) -> Bool {
        verdict.auth.contains { other in
            other.place.file == line.place.file && other.place.number > line.place.number
                && other.name == "pam_faillock" && other.arguments.contains("authfail")
        }
    }

    // MARK: Missing lines

    private func additions(_ text: PAMText) -> [PAMText] {
        let entries = asking(text)
        if PAMPrograms.asksOnce(verdict.circumstances.service),
            let bearer = ours(text) ?? bearer(text)
        {
            return connected(text, bearer) + joined(text, entries, bearer)
        }
        guard let ours = ours(text) else {
            let line = "auth required \(StackVerdict.ours)"
            guard !verdict.hasOurs, let last = entries.last else { return [] }
            if comesProven == true {
                let asks = entries.filter(\.includesAuth)
                if asks.count == 1, let one = asks.first {
                    return [text.replacing(one, by: [line])]
                }
            }
            return [text.inserting([line], below: last)]
        }
        var additions = connected(text, ours)
        if verdict.mayPass {
            additions.append(text.inserting(["auth required pam_permit.so"], below: ours))
        }
        if !ours.rest.contains("after_first_factor") {
            additions.append(text.adding("after_first_factor", to: ours))
        }
        if !verdict.admits, !ours.rest.contains("forward_pass") {
            additions.append(text.adding("forward_pass", to: ours))
        }
        if !verdict.admits, ours.rest.contains("use_first_pass") {
            additions.append(text.removing("use_first_pass", from: ours))
        }
        guard !verdict.hasFirstFactor else { return additions }
        return additions + StackChanges.passwords.map { text.inserting([$0], above: ours) }
    }

    /// With the default socket in place of one that does not exist.
    private func connected(_ text: PAMText, _ entry: PAMText.Entry) -> [PAMText] {
        guard let line = verdict.auth.first(where: \.isOurs), line.namesDeadSocket,
            let word = line.socketWord
        else { return [] }
        return [text.removing(word, from: entry)].filter { $0 != text }
    }

    /// The question for password and code together, before a module that uses the password.
    private func joined(
        _ text: PAMText, _ entries: [PAMText.Entry], _ bearer: PAMText.Entry
    ) -> [PAMText] {
        let own = verdict.auth.first(where: \.isOurs)
        let dead = own.flatMap { $0.namesDeadSocket ? $0.socketWord : nil }
        let words =
            (own?.arguments ?? []).filter { $0 != "after_first_factor" && $0 != dead }
            + ["forward_pass"]
        let line = "auth requisite \(StackVerdict.ours) " + words.joined(separator: " ")
        let lines = [line, "auth required pam_unix.so use_first_pass"]
        let shorter = entries.filter { $0 != bearer }.suffix(1).map { other in
            text.replacing(bearer, by: []).replacing(other, by: lines)
        }
        return [text.replacing(bearer, by: lines)] + shorter
    }

    /// How common systems ask for the password.
    private static var passwords: [String] {
        let files = [
            ("@include common-auth", "common-auth"),
            ("auth substack password-auth", "password-auth"),
            ("auth include system-auth", "system-auth"),
            ("auth include common-auth", "common-auth"),
        ]
        return files.filter { SystemFiles.exists("/etc/pam.d/" + $0.1) }.map(\.0)
            + ["auth requisite pam_unix.so"]
    }

    // MARK: Lines of other files

    private func inclusions(_ text: PAMText) -> [PAMText] {
        text.entries.filter { $0.isAuth && $0.includesAuth }.map { entry in
            text.setting(entry.control == "include" ? "substack" : "include", of: entry)
        }
    }

    private func removals(_ file: String, _ text: PAMText) -> [PAMText] {
        let openings = verdict.openings
        return text.entries.flatMap { entry -> [PAMText] in
            guard let (index, line) = line(entry, in: file) else { return [] }
            let isNo = line.name == "pam_deny"
            let isRepeated = line.isOurs && verdict.repeater != nil
            let isOpening = openings.contains(index) && PAMModule(line).proof == .nothing
            guard isRepeated || !line.isOurs && (isNo || isOpening) else { return [] }
            let without = text.replacing(entry, by: [])
            // Users who pass unasked need a success there.
            return isNo && verdict.mayPass
                ? [without, text.replacing(entry, by: ["auth required pam_permit.so"])] : [without]
        }
    }

    /// The lines of a file in place of what includes it, with a jump to what follows on success and
    /// the end of the stack on failure.
    private func expansions(_ text: PAMText) -> [PAMText] {
        asking(text).filter(\.includesAuth).compactMap { entry in
            let path = "/etc/pam.d/" + entry.included
            guard let included = self.text(of: path) else { return nil }
            let lines = included.entries.filter(\.isAuth)
            guard !lines.isEmpty, !included.entries.contains(where: \.includesAuth) else {
                return nil
            }
            let written = lines.enumerated().map { index, line in
                let rest = lines.count - index - 1
                if line.control == "sufficient", rest > 0 {
                    return PAMText.line(line, "[success=\(rest) default=ignore]")
                }
                return PAMText.line(line, line.module == "pam_deny.so" ? "requisite" : line.control)
            }
            return text.replacing(entry, by: written)
        }
    }
}
