import OTPCore

/// Something that is wrong, and what to do about it.
struct Finding: Equatable {
    /// How bad it is. Notes do not count as anything wrong.
    enum Severity: String {
        /// Somebody gets in who should not, or is locked out.
        case problem
        /// That could happen, or something does not work.
        case warning
        /// Worth knowing, and perhaps intended.
        case note

        /// The meaning of its color.
        var ink: Ink {
            switch self {
            case .problem: .bad
            case .warning: .caution
            case .note: .plain
            }
        }
    }

    /// How bad it is.
    let severity: Severity
    /// What is wrong, in one line.
    let text: String
    /// Where: a file, or a file and a line; empty if there is no place.
    let place: String
    /// The line to write there, the command to run, or the lines of a diff; empty if there is none.
    let change: String

    init(_ severity: Severity, _ text: String, in place: String = "", change: String = "") {
        self.severity = severity
        self.text = Output.printable(text)
        self.place = Output.printable(place)
        // A diff has several lines, and tabs in them.
        self.change = change.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.split(separator: "\t", omittingEmptySubsequences: false)
                .map { Output.printable(String($0)) }.joined(separator: "\t")
        }.joined(separator: "\n")
    }
}

extension Finding {
    /// The same, with these options added to a proposed command of ours.
    func naming(_ options: String) -> Finding {
        let program = "otp-enroll "
        guard !options.isEmpty, change.hasPrefix(program) else { return self }
        return Finding(
            severity, text, in: place,
            change: program + options + " " + change.dropFirst(program.count))
    }
}

/// What one check looked at, and what it found.
struct Look {
    /// The check, in a word.
    let name: String
    /// What was looked at, or why that was not possible.
    let about: String
    /// What is wrong.
    var findings: [Finding]
    /// Whether the check was not possible.
    var isSkipped = false

    init(_ name: String, _ about: String, _ findings: [Finding] = []) {
        self.name = name
        self.about = Output.printable(about)
        self.findings = findings
    }

    /// The same, with these options added to proposed commands of ours.
    func naming(_ options: String) -> Look {
        var look = self
        look.findings = findings.map { $0.naming(options) }
        return look
    }

    /// A check that was not possible, and why.
    static func skipped(_ name: String, _ why: String) -> Look {
        var look = Look(name, why)
        look.isSkipped = true
        return look
    }

    /// `ok`, `skipped`, or how bad the worst finding is.
    var state: String { isSkipped ? "skipped" : worst?.rawValue ?? "ok" }

    /// The meaning of the state's color.
    var ink: Ink { isSkipped ? .caution : worst?.ink ?? .good }

    private var worst: Finding.Severity? {
        [Finding.Severity.problem, .warning, .note].first { severity in
            findings.contains { $0.severity == severity }
        }
    }
}
