/// What libpam does after a module has answered (pam.conf(5)).
public enum PAMAction: Hashable, Sendable {
    case ignore, ok, done, bad, die, reset
    /// Skip this many modules.
    case jump(Int)
    /// A number too large for an old libpam, which skips nothing and refuses.
    case lost
}

/// A control value: the action for each answer.
public struct PAMControl: Equatable, Sendable {
    /// By the answer's number.
    private let actions: [PAMAction]

    /// Every answer is a refusal.
    static let failing = PAMControl(default: .bad)

    private init(_ some: [PAMAnswer: PAMAction] = [:], default rest: PAMAction) {
        actions = PAMAnswer.allCases.map { some[$0] ?? rest }
    }

    private static let words: [(String, PAMControl)] = {
        let yes: [PAMAnswer: PAMAction] = [.success: .ok, .newTokenRequired: .ok]
        let all = yes.merging([.ignore: .ignore]) { $1 }
        return [
            ("required", PAMControl(all, default: .bad)),
            ("requisite", PAMControl(all, default: .die)),
            ("optional", PAMControl(yes, default: .ignore)),
            (
                "sufficient",
                PAMControl([.success: .done, .newTokenRequired: .done], default: .ignore)
            ),
        ]
    }()

    /// Parses `required` and the like, or pairs with or without brackets around them; `nil` for
    /// anything else, for which libpam treats every answer as a refusal.
    init?(_ word: PAMWord, _ rules: PAMRules) {
        if let known = PAMControl.words.first(where: { word.means($0.0) }) {
            self = known.1
            return
        }
        var reader = PairReader(word.bytes, rules)
        var actions: [PAMAction?] = Array(repeating: nil, count: PAMAnswer.allCases.count)
        while !reader.isAtEnd {
            guard let pair = reader.pair() else { return nil }
            if actions.indices.contains(pair.answer) {
                actions[pair.answer] = pair.action
            } else {
                // The first default applies, and only to answers that were not set before it.
                for index in actions.indices where actions[index] == nil {
                    actions[index] = pair.action
                }
            }
        }
        self.actions = actions.map { $0 ?? .bad }
    }

    /// The action for an answer.
    public func action(for answer: PAMAnswer) -> PAMAction {
        actions.indices.contains(answer.code) ? actions[answer.code] : .bad
    }
}

/// The pairs of a control value (libpam's `_pam_parse_control`). Text directly after a name or
/// action is not part of it, so `[success=okdefault=die]` has two pairs.
private struct PairReader {
    private let bytes: [UInt8]
    private let rules: PAMRules
    private var position = 0

    init(_ bytes: [UInt8], _ rules: PAMRules) {
        (self.bytes, self.rules) = (bytes, rules)
        skipSpace()
    }

    private static let names = (PAMAnswer.allCases.map(\.rawValue) + ["default"]).map {
        Array($0.utf8)
    }
    private static let actions: [(name: [UInt8], action: PAMAction)] = [
        (Array("ignore".utf8), .ignore), (Array("ok".utf8), .ok), (Array("done".utf8), .done),
        (Array("bad".utf8), .bad), (Array("die".utf8), .die), (Array("reset".utf8), .reset),
    ]

    var isAtEnd: Bool { position >= bytes.count }

    /// The number of an answer, or one past the last for `default`; and its action, `nil` if libpam
    /// takes it for unset. `nil` altogether if libpam gives up.
    mutating func pair() -> (answer: Int, action: PAMAction?)? {
        guard let answer = PairReader.names.firstIndex(where: { takes($0) }), !isAtEnd else {
            return nil
        }
        skipSpace()
        guard takes([UInt8(ascii: "=")]) else { return nil }
        skipSpace()
        if let known = PairReader.actions.first(where: { takes($0.name) }) {
            skipSpace()
            return (answer, known.action)
        }
        guard let number = number() else { return nil }
        skipSpace()
        return (answer, PairReader.action(of: number))
    }

    private mutating func skipSpace() {
        // isspace(3) of the C locale.
        while !isAtEnd, bytes[position] == 32 || (9...13).contains(bytes[position]) {
            position += 1
        }
    }

    private mutating func takes(_ word: [UInt8]) -> Bool {
        guard bytes[position...].starts(with: word) else { return false }
        position += word.count
        return true
    }

    /// How many to skip; never none.
    private mutating func number() -> Int32? {
        var number: Int32 = 0
        while !isAtEnd, (48...57).contains(bytes[position]) {
            let tens = number.multipliedReportingOverflow(by: 10)
            let sum = tens.partialValue.addingReportingOverflow(Int32(bytes[position] - 48))
            if rules.isNew, tens.overflow || sum.overflow { return nil }
            // An old libpam keeps counting with what is left, and so do we.
            number = sum.partialValue
            position += 1
        }
        return number == 0 ? nil : number
    }

    /// Negative numbers, which only an overflow can produce, are libpam's own for its actions.
    private static func action(of number: Int32) -> PAMAction? {
        switch number {
        case 1...: .jump(Int(number))
        case -1: .ok
        case -2: .done
        case -3: .bad
        case -4: .die
        case -5: .reset
        case -6: nil
        default: .lost
        }
    }
}
