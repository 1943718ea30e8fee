/// Talks to the person who logs in (pam_conv(3)).
public protocol Conversation {
    /// Asks one question; `nil` where the answer was missing.
    func ask(_ prompt: [UInt8], echo: Bool) throws(ConversationError) -> Secret?
    /// Says why somebody is not let in. Whether it arrives changes nothing.
    func say(_ phrase: Phrase)
    /// Says something by the way to somebody who is let in.
    func inform(_ phrase: Phrase)
    /// The words of a phrase in the language that is spoken.
    func words(_ phrase: Phrase) -> String
    /// Speaks the language of somebody who is known by now, where there is a catalog for it.
    func speak(_ language: Language)
    /// Whether anything that is said can be read.
    var isHeard: Bool { get }
    /// What an earlier module was given (PAM_AUTHTOK); `nil` for nothing.
    func earlierAnswer() -> Secret?
    /// Gives the next module a password to try (PAM_AUTHTOK).
    func forward(_ password: Span<UInt8>)
}

extension Conversation {
    public func inform(_ phrase: Phrase) { say(phrase) }
}

/// There is nobody to talk to, or the conversation failed.
public struct ConversationError: Error, Equatable {
    public init() {}
}
