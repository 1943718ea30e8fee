import Foundation
import TestSupport

/// One operation's result, as pam-dialogue prints it.
struct DialogueResult: Decodable, Sendable {
    struct Message: Decodable, Sendable {
        let style: String
        let text: String
    }

    let op: String
    let code: Int
    let name: String
    let prompts: Int
    let left: Int
    let messages: [Message]

    /// The messages that are not questions.
    var said: [String] {
        messages.filter { $0.style == "error" || $0.style == "info" }.map(\.text)
            .filter { $0 != Stack.ignoredWords }
    }
}
