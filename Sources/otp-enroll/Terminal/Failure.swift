import OTPCore

/// Why a command ended without doing what it was asked: one line for stderr, and hints that help.
///
/// Style: lower case, no full stop, and text from outside only through `Output.printable`.
/// `otp-enroll: ` and `hint: ` are added on output.
struct Failure: Error {
    /// What is wrong, in one line.
    let message: String
    /// What would help, one line each.
    var hints: [String]
    /// The underlying error of store, key, configuration or clock, if there is one.
    var trouble: StoreError?

    init(_ message: String, hints: [String] = []) {
        self.message = message
        self.hints = hints
    }

    init(_ message: String, hint: String) {
        self.init(message, hints: [hint])
    }

    /// The same in the language of the user who reads it.
    init(_ message: Phrase, hint: Phrase? = nil) {
        self.init(message, hints: hint.map { [$0] } ?? [])
    }

    init(_ message: Phrase, hints: [Phrase]) {
        self.init(message.text, hints: hints.map(\.text))
    }
}
