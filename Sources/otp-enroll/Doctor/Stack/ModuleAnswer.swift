import OTPPAM

/// What a module has answered, and what that says about the user.
struct ModuleAnswer: Hashable {
    /// libpam's word, such as `auth_err`.
    let word: String
    var proof = PAMModule.Proof.nothing

    var isYes: Bool { word == "success" }

    /// What it means for our module.
    var code: PAMOutcomes.Run.Code {
        switch word {
        case "success": .right
        case "ignore": .passed
        default: .wrong
        }
    }

    // MARK: A stack's answers

    /// The most lines for which both answers are tried.
    private static let mostOpen = 4

    /// What the lines of a stack may answer to users of one kind: one list for each combination of
    /// what does not depend on the user. The same question gets the same answer. `passes` says
    /// which of our lines let some users pass unasked.
    static func worlds(
        of lines: [PAMLine], to people: PAMPeople.Kind, passes: [Bool]
    ) -> [[[ModuleAnswer]]] {
        var worlds = [(answers: [[ModuleAnswer]](), decided: [[String]: Int]())]
        var open: Set<[String]> = []
        for (line, passes) in zip(lines, passes) {
            let choices = choices(of: line, passes, people)
            let question = line.question
            guard choices.count > 1, open.count < mostOpen || open.contains(question) else {
                let answers = choices.flatMap(\.self)
                worlds = worlds.map { ($0.answers + [answers], $0.decided) }
                continue
            }
            open.insert(question)
            worlds = worlds.flatMap { world in
                let decided = world.decided[question].map { [$0] } ?? Array(choices.indices)
                return decided.map { choice in
                    (
                        answers: world.answers + [choices[choice]],
                        decided: world.decided.merging([question: choice]) { $1 }
                    )
                }
            }
        }
        return worlds.map(\.answers)
    }

    private static func choices(
        of line: PAMLine, _ passes: Bool, _ people: PAMPeople.Kind
    ) -> [[ModuleAnswer]] {
        if line.isOurs {
            let words = ["success"] + (passes ? ["ignore"] : []) + PAMModule.failures
            return [words.map { ModuleAnswer(word: $0) }]
        }
        let module = PAMModule(line)
        let yes = module.answers.prefix(1).map { ModuleAnswer(word: $0, proof: module.proof) }
        let no = module.answers.dropFirst().map { ModuleAnswer(word: $0, proof: module.proof) }
        switch module.condition {
        case .nothing:
            // An unknown module is tried both as a first factor and as none.
            let other = module.isKnown ? [] : [ModuleAnswer(word: "success", proof: .password)]
            return [yes + no + other]
        case .user:
            switch people.answer(of: line) {
            case true: return [yes]
            case false: return [no]
            default: return [yes, no]
            }
        case .origin, .moment, .program: return [yes, no]
        }
    }
}
