import OTPCore
import OTPStore

/// Users whom sudo or doas lets do something without calling PAM, and so without a code.
struct SudoUnasked {
    private let program: String
    private let rules: SudoersRules
    private let people: [SudoPerson]
    private let isAll: Bool
    /// The first UID of people.
    private let firstNumber = SystemUsers().peoplesNumbers().lowerBound

    init(_ service: String, _ rules: SudoersRules, _ people: [SudoPerson], isAll: Bool) {
        program = service == "doas" ? "doas" : "sudo"
        (self.rules, self.people, self.isAll) = (rules, people, isAll)
    }

    /// A problem if nobody with full rights is asked, a warning if some are not, and a note for
    /// individual commands and for system accounts.
    var findings: [Finding] {
        let isAsked = people.contains { $0.mayDoAll && $0.freeOfAll == nil && isPerson($0) }
        var found = Places()
        for person in people {
            let name = person.user.shownName
            if let reason = person.freeOfAll {
                let severity: Finding.Severity =
                    isPerson(person) ? isAsked ? .warning : .problem : .note
                found.add(Said(severity, reason, "any command"), name)
            }
            for (reason, commands) in person.free {
                found.add(Said(.note, reason, Names.some(commands, most: 2)), name)
            }
        }
        if isAll { addOthers(&found) }
        return found.findings(program)
    }

    private func isPerson(_ person: SudoPerson) -> Bool { person.user.uid >= firstNumber }

    /// Rules for users without a login shell, and what `Defaults` say about commands.
    private func addOthers(_ found: inout Places) {
        for entry in rules.entries where !found.places.contains(entry.place) {
            let free = entry.commands.filter { $0.asks == false && !$0.name.hasPrefix("!") }
            let names = entry.users.filter { !$0.hasPrefix("!") && $0 != "ALL" && $0 != "root" }
            // Users who log in were checked above, with the later settings applied.
            let known = Set(people.map(\.user.shownName))
            guard !free.isEmpty, !names.isEmpty, names.allSatisfy({ !known.contains($0) }),
                !people.contains(where: { $0.isNamed(in: entry) })
            else { continue }
            found.add(
                Said(
                    .note, SudoPerson.Reason(words: rules.unasked, place: entry.place),
                    Names.some(free.map(\.name), most: 2)), Names.some(names))
        }
        for line in rules.defaults where line.kind == "!" && !found.places.contains(line.place) {
            guard line.settings.contains(where: { $0.name == "!authenticate" }) else { continue }
            found.add(
                Said(
                    .note, SudoPerson.Reason(words: "!authenticate", place: line.place),
                    Names.some(line.names, most: 2)), "all")
        }
    }
}

/// A setting at a place.
private struct Said: Hashable {
    let severity: Finding.Severity
    let words: String
    let place: String
    let what: String

    init(_ severity: Finding.Severity, _ reason: SudoPerson.Reason, _ what: String) {
        (self.severity, self.what) = (severity, what)
        (words, place) = (reason.words, reason.place)
    }

    var file: Substring { place.prefix { $0 != " " } }
}

/// Settings by place and user.
private struct Places {
    private var order: [Said] = []
    private var names: [Said: [String]] = [:]

    var places: Set<String> { Set(order.map(\.place)) }

    mutating func add(_ said: Said, _ name: String) {
        if names[said] == nil { order.append(said) }
        names[said, default: []].append(name)
    }

    /// One finding for the same setting in several lines of one file.
    func findings(_ program: String) -> [Finding] {
        var rest = order
        var findings: [Finding] = []
        while let first = rest.first {
            let alike = rest.filter {
                $0.severity == first.severity && $0.words == first.words && $0.what == first.what
                    && $0.file == first.file
            }
            rest.removeAll(where: alike.contains)
            let who = Names.some(alike.flatMap { names[$0] ?? [] })
            let others = Words.count(alike.count - 1, "other line")
            let more = alike.count > 1 ? " and \(others)" : ""
            findings.append(
                Finding(
                    first.severity,
                    "\(first.words): \(program) does not ask PAM, and so for no code, for"
                        + " \(first.what) (\(who))", in: first.place + more))
        }
        return findings
    }
}
