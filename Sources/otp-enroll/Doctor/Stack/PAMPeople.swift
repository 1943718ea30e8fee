import OTPCore
import OTPPAM

/// The users for whom a stack is tried, and what modules that test the user answer to each of them.
/// It is asked often, and caches.
final class PAMPeople {
    /// One of them.
    struct Member {
        let name: String
        let isRoot: Bool
    }

    /// Users to whom all modules of a stack give the same answers.
    struct Kind {
        let members: [Member]
        /// The answers, by line: success or failure, or unknown.
        fileprivate let answers: [[String]: PAMPerson.Answer]

        /// A user who may get any answer.
        static let anybody = Kind(members: [], answers: [:])

        /// A module's answer to them; `nil` if unknown.
        func answer(of line: PAMLine) -> PAMPerson.Answer { answers[line.question] ?? nil }
    }

    private let people: [PAMPerson]
    private let service: String
    /// The answers of a module's line to each user, by the line's words.
    private var known: [[String]: [PAMPerson.Answer]] = [:]
    private var kinds: [Set<[String]>: [Kind]] = [:]

    /// `isElsewhere`: the users are only in a directory, not in a file of this machine.
    init(_ users: [User], service: String, isElsewhere: Bool = false) {
        people = users.map {
            PAMPerson(user: $0, isLocal: !isElsewhere && LocalNames.listed.contains($0.shownName))
        }
        self.service = service
    }

    /// The users concerned, in a word.
    var everybody: String {
        people.count == 1 ? people.first?.user.shownName ?? "" : "everybody"
    }

    /// The users, grouped by what the modules of these lines answer to them. Root is always a group
    /// alone.
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
    /// What a module is asked, and what determines its answer.
    var question: [String] { [name] + arguments }
}
