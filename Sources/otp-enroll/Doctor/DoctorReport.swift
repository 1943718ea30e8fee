import OTPCore

/// The output of `doctor`: one line for each check, and then the findings.
struct DoctorReport {
    /// The PAM service.
    let service: String
    /// The results of the checks.
    let looks: [Look]

    /// Whether nothing is wrong; there may be notes.
    var isWell: Bool {
        !looks.contains { look in look.findings.contains { $0.severity != .note } }
    }

    /// For people.
    func text(width: Int) -> String {
        let states = looks.map { Columns.count($0.state) }.max() ?? 0
        let names = looks.map { Columns.count($0.name) }.max() ?? 0
        let margin = states + names + 4
        var lines: [String] = []
        for look in looks {
            let head =
                look.ink.painted(Columns.padded(look.state, to: states + 2))
                + Columns.padded(look.name, to: names + 2)
            for (index, part) in Words.wrapped(look.about, width - margin).enumerated() {
                lines.append((index == 0 ? head : Columns.padded("", to: margin)) + part)
            }
        }
        for look in looks {
            for finding in look.findings {
                lines += [""] + DoctorReport.lines(finding, width: width)
            }
        }
        return (lines + ["", conclusion]).joined(separator: "\n")
    }

    /// The final sentence.
    private var conclusion: String {
        let found = looks.flatMap(\.findings)
        let counts = [Finding.Severity.problem, .warning, .note].compactMap { severity in
            let count = found.count { $0.severity == severity }
            return count == 0 ? nil : Words.count(count, severity.rawValue)
        }
        let skipped = looks.count(where: \.isSkipped)
        let rest = skipped == 0 ? "" : "; \(Words.count(skipped, "check")) could not be made"
        if isWell {
            let notes = counts.isEmpty ? "" : " (\(counts.joined(separator: ", ")))"
            return "All is well with \(service), as far as was looked\(notes)\(rest)."
        }
        return "\(service): \(counts.joined(separator: ", "))\(rest)."
    }

    private static func lines(_ finding: Finding, width: Int) -> [String] {
        let word = finding.severity.rawValue
        var lines = Words.wrapped("\(word): \(finding.text)", width)
        if let first = lines.first, first.hasPrefix(word) {
            lines[0] = finding.severity.ink.painted(word) + first.dropFirst(word.count)
        }
        // Text to copy is never wrapped.
        if !finding.place.isEmpty {
            lines.append("  in \(finding.place)" + (finding.change.isEmpty ? "" : ":"))
        }
        guard !finding.change.isEmpty else { return lines }
        return lines + finding.change.split(separator: "\n").map { "      \($0)" }
    }

    /// For scripts.
    var json: KeyValuePairs<String, JSON> {
        let findings = looks.flatMap { look in
            look.findings.map { finding in
                JSON.object([
                    "check": .text(look.name), "severity": .text(finding.severity.rawValue),
                    "text": .text(finding.text), "where": DoctorReport.optional(finding.place),
                    "change": DoctorReport.optional(finding.change),
                ])
            }
        }
        let looks = looks.map { look in
            JSON.object([
                "check": .text(look.name), "state": .text(look.state), "about": .text(look.about),
            ])
        }
        return [
            "service": .text(service), "well": .bool(isWell), "looked_at": .list(looks),
            "findings": .list(findings),
        ]
    }

    private static func optional(_ text: String) -> JSON { text.isEmpty ? .null : .text(text) }
}
