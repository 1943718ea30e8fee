import OTPCore

/// Backup codes as they are handed out.
enum BackupCodeSheet {
    /// What to do with the codes, and the codes in as many columns as fit.
    static func lines(_ codes: [String], width: Int) -> [String] {
        guard let length = codes.first?.count else { return [] }
        let columns = width >= 2 * (length + 4) ? 2 : 1
        let height = (codes.count + columns - 1) / columns
        let rows = (0..<height).map { row in
            stride(from: row, to: codes.count, by: height)
                .map { "    " + codes[$0] }.joined()
        }
        return Words.wrapped(instructions.text, width) + [""] + rows
    }

    private static let instructions = Phrase(
        """
        Backup codes: each logs in once, without the phone. They are shown only now: \
        print them or write them down, and keep them away from the phone.
        """)
}
