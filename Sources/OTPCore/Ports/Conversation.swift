/// Talks to the person who logs in (pam_conv(3)).
public protocol Conversation {
    /// Asks one question; `nil` if no answer came.
    func ask(_ prompt: [UInt8], echo: Bool) throws(ConversationError) -> Secret?
    /// Says why a login is refused. Nothing depends on whether it arrives.
    func say(_ phrase: Phrase)
    /// Says something to a user who is let in.
    func inform(_ phrase: Phrase)
    /// A phrase in the current language.
    func words(_ phrase: Phrase) -> String
    /// Switches to the language of a user who is known by now, if there is a catalog for it.
    func speak(_ language: Language)
    /// Whether the user sees what is said.
    var isHeard: Bool { get }
    /// What an earlier module was given (PAM_AUTHTOK); `nil` for nothing.
    func earlierAnswer() -> Secret?
    /// Gives the next module a password to try (PAM_AUTHTOK).
    func forward(_ password: Span<UInt8>)
}

extension Conversation {
    public func inform(_ phrase: Phrase) { say(phrase) }
}

/// Nobody could be asked, or the conversation failed.
public struct ConversationError: Error, Equatable {
    public init() {}
}
