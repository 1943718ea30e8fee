import OTPCore
import OTPPAM

/// The people of a machine, for whom a stack is tried, and what modules that ask who it is say to
/// each of them. It is asked often and remembers.
final class PAMPeople {
    /// One of them.
    struct Member {
        let name: String
        let isRoot: Bool
    }

    /// People to whom all modules of a stack say the same.
    struct Kind {
        let members: [Member]
        /// What is said to them, by line: yes or no, or what cannot be told.
        fileprivate let answers: [[String]: PAMPerson.Answer]

        /// Somebody to whom anything may be said.
        static let anybody = Kind(members: [], answers: [:])

        /// What a module says to them; `nil` where that cannot be told.
        func answer(of line: PAMLine) -> PAMPerson.Answer { answers[line.question] ?? nil }
    }

    private let people: [PAMPerson]
    private let service: String
    /// What each says to a module's line, by the line's words.
    private var known: [[String]: [PAMPerson.Answer]] = [:]
    private var kinds: [Set<[String]>: [Kind]] = [:]

    /// `isElsewhere`: not in a file of this machine, but in a directory alone.
    init(_ users: [User], service: String, isElsewhere: Bool = false) {
        people = users.map {
            PAMPerson(user: $0, isLocal: !isElsewhere && LocalNames.listed.contains($0.shownName))
        }
        self.service = service
    }

    /// Whom it is about, in a word.
    var everybody: String {
        people.count == 1 ? people.first?.user.shownName ?? "" : "everybody"
    }

    /// The people, put together by what the modules of these lines say to them. Root is always of a
    /// kind of its own.
    func kinds(for lines: [PAMLine]) -> [Kind] {
        let asking = lines.filter { !$0.isOurs && PAMModule($0).condition == .user }
        let questions = Set(asking.map(\.question))
        if let kinds = kinds[questions] { return kinds }
        for line in asking where known[line.question] == nil {
            var answers: [PAMPerson.Answer] = []
            Progress.through("Trying \(line.name)", people) { person in
                answers.append(person.answer(to: line, service: service))
            }
            known[line.question] = answers
        }
        var groups: [[PAMPerson.Answer]: [Member]] = [:]
        var order: [[PAMPerson.Answer]] = []
        let sorted = questions.sorted { $0.joined(separator: " ") < $1.joined(separator: " ") }
        for (number, person) in people.enumerated() {
            let isRoot = person.user.uid == 0
            let answers = sorted.map { known[$0]?[number] ?? nil } + [isRoot]
            if groups[answers] == nil { order.append(answers) }
            groups[answers, default: []].append(
                Member(name: person.user.shownName, isRoot: isRoot))
        }
        let kinds = order.map { answers in
            Kind(
                members: groups[answers] ?? [],
                answers: Dictionary(uniqueKeysWithValues: zip(sorted, answers)))
        }
        self.kinds[questions] = kinds
        return kinds
    }
}

extension PAMLine {
    /// What is asked of a module, and what it answers by.
    var question: [String] { [name] + arguments }
}
