/// Where a PAM line stands.
struct PAMPlace: Equatable {
    let file: String
    let number: Int

    var text: String { "\(file) line \(number)" }
}

/// What libpam does after a module has answered (pam.conf(5)).
enum PAMAction: Hashable {
    case ignore, ok, done, bad, die, reset
    /// Skip so many modules.
    case jump(Int)
}

/// A control value: what follows from each answer.
struct PAMControl: Equatable {
    private var actions: [String: PAMAction] = [:]
    private var fallback = PAMAction.bad

    /// Reads `required` and the like, or what stands between brackets; `nil` for anything else.
    init?(_ text: String) {
        switch text.lowercased() {
        case "required": fallback = .bad
        case "requisite": fallback = .die
        case "sufficient":
            actions = ["success": .done, "new_authtok_reqd": .done]
            fallback = .ignore
            return
        case "optional": fallback = .ignore
        default:
            guard text.hasPrefix("["), text.hasSuffix("]") else { return nil }
            for pair in text.dropFirst().dropLast().split(whereSeparator: \.isWhitespace) {
                let parts = pair.split(separator: "=", maxSplits: 1).map { String($0).lowercased() }
                guard parts.count == 2, let action = PAMControl.action(parts[1]) else { return nil }
                if parts[0] == "default" { fallback = action } else { actions[parts[0]] = action }
            }
            return
        }
        actions = ["success": .ok, "new_authtok_reqd": .ok, "ignore": .ignore]
    }

    private static func action(_ text: String) -> PAMAction? {
        switch text {
        case "ignore": .ignore
        case "ok": .ok
        case "done": .done
        case "bad": .bad
        case "die": .die
        case "reset": .reset
        default: Int(text).flatMap { $0 > 0 ? .jump($0) : nil }
        }
    }

    /// What follows from an answer, such as `auth_err`.
    func action(for answer: String) -> PAMAction { actions[answer] ?? fallback }
}

/// A line that names a module.
struct PAMLine {
    let place: PAMPlace
    /// `auth`, `account`, `session` or `password`.
    let kind: String
    /// Whether a module that is missing is passed over in silence (`-auth`).
    let isQuiet: Bool
    /// The control value as it is written, and what it means; `nil` where it means nothing.
    let written: String
    let control: PAMControl?
    let module: String
    let arguments: [String]
    /// How many substacks it is in.
    let level: Int

    /// The module's name, without folder and ending.
    var name: String {
        let file = module.split(separator: "/").last.map(String.init) ?? module
        return file.hasSuffix(".so") ? String(file.dropLast(3)) : file
    }

    /// Whether it is ours; a build's own name for it counts.
    var isOurs: Bool { name == "pam_swiftotp" || name == "libpam_swiftotp" }

    /// The same line with another control value, as it would be written.
    func text(control: String) -> String {
        ([kind, control, module] + arguments.map(PAMLine.quoted)).joined(separator: " ")
    }

    private static func quoted(_ argument: String) -> String {
        guard argument.contains(" ") else { return argument }
        return "[" + argument.replacing("]", with: "\\]") + "]"
    }
}

extension String {
    /// The text with each `old` character written as `new`.
    fileprivate func replacing(_ old: Character, with new: String) -> String {
        map { $0 == old ? new : String($0) }.joined()
    }
}

/// The words of a line: what stands between brackets is one word.
enum PAMWords {
    static func split(_ line: String) -> [String] {
        var words: [String] = []
        var word = ""
        var isInside = false
        var isEscaped = false
        var hasWord = false
        for character in line {
            if isInside {
                if isEscaped || (character != "\\" && character != "]") {
                    if isEscaped && character != "]" { word.append("\\") }
                    word.append(character)
                    isEscaped = false
                } else if character == "\\" {
                    isEscaped = true
                } else {
                    isInside = false
                    if words.count < 2 { word.append("]") }
                }
            } else if character.isWhitespace {
                if hasWord { words.append(word) }
                (word, hasWord) = ("", false)
            } else {
                if character == "[" && !hasWord {
                    isInside = true
                    // A control value keeps its brackets, an argument is without.
                    if words.count < 2 { word.append("[") }
                } else {
                    word.append(character)
                }
                hasWord = true
            }
        }
        return hasWord ? words + [word] : words
    }
}
