import OTPPAM

/// Lines that libpam reads differently from how they look.
enum LineCheck {
    static let name = "lines"

    /// The findings; `nil` if each line is what it looks like.
    static func look(_ stack: PAMStack) -> Look? {
        guard !stack.oddities.isEmpty else { return nil }
        let findings = stack.oddities.map { oddity in
            Finding(
                severity(of: oddity.weight), oddity.text, in: oddity.place, change: oddity.change)
        }
        return Look(name, "how libpam reads the files of \(stack.file)", findings)
    }

    private static func severity(of weight: PAMOddity.Weight) -> Finding.Severity {
        switch weight {
        case .harmful: .problem
        case .doubtful: .warning
        case .harmless: .note
        }
    }
}
