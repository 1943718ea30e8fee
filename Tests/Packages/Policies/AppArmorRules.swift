import Foundation
import TestSupport

/// The file rules of a profile as apparmor_parser understands them: includes read, variables
/// replaced.
struct AppArmorRules: CustomStringConvertible {
    private struct Rule {
        let path: Regex<AnyRegexOutput>
        /// Letters for root's own files, and for those of others.
        let owner: String
        let other: String
    }

    private let rules: [Rule]

    var description: String { "\(rules.count) rules" }

    init(file: String, base: String = "/etc/apparmor.d") async throws {
        // Lines such as "Mode:\tr:r\tName:\t(/etc/hosts)"; since AppArmor 4 they begin with
        // "Perms:\tr:r priority=0 \tName:".
        let said = try await Command.output([
            "apparmor_parser", "--skip-kernel-load", "--skip-cache", "--debug", "--base", base,
            file,
        ])
        let line = #/(?:Mode|Perms):\t([a-zA-Z]*):([a-zA-Z]*)[^\t]*\tName:\t\((.*)\)/#
        rules = try said.matches(of: line).map {
            try Rule(
                path: Regex(Self.pattern(String($0.output.3))), owner: String($0.output.1),
                other: String($0.output.2))
        }
        guard rules.count > 50 else { throw Trouble("no rules in \(file): \(said)") }
    }

    /// Whether the rules allow a use of the path, given as a letter of apparmor.d(5). (None of our
    /// rules denies a file.)
    func allow(_ path: String, needs: Character, isOwner: Bool) -> Bool {
        rules.contains { rule in
            (isOwner ? rule.owner : rule.other).contains(needs)
                && (try? rule.path.wholeMatch(in: path)) != nil
        }
    }

    /// A glob of apparmor.d(5) as a regular expression.
    private static func pattern(_ glob: String) -> String {
        var pattern = "", depth = 0
        var rest = glob.replacing("//", with: "/")[...]
        while let letter = rest.popFirst() {
            switch letter {
            case "*" where rest.first == "*":
                rest.removeFirst()
                pattern += ".*"
            case "*": pattern += "[^/]*"
            case "?": pattern += "[^/]"
            case "[", "]", "-": pattern.append(letter)
            case "{":
                depth += 1
                pattern += "(?:"
            case "}":
                depth -= 1
                pattern += ")"
            case "," where depth > 0: pattern += "|"
            case "\\": pattern += "\\" + String(rest.popFirst() ?? "\\")
            default: pattern += NSRegularExpression.escapedPattern(for: String(letter))
            }
        }
        return pattern
    }
}
