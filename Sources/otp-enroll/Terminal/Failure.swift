import OTPCore

/// Why a command ended without doing what it was asked: one line for stderr, and hints where
/// something helps.
///
/// The rules of the words: lower case, no full stop, and what came from outside only through
/// `Output.printable`. `otp-enroll: ` and `hint: ` are put before them when they are written.
struct Failure: Error {
    /// What is wrong, in one line.
    let message: String
    /// What would help, a line each.
    var hints: [String]
    /// What the service could not rely on, where it was that.
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
        self.init(message.text, hints: hint.map { [$0.text] } ?? [])
    }
}
