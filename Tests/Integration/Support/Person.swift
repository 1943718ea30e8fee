import TestSupport

/// A person who wants to log in: an account, or an unknown name.
struct Person: Sendable {
    let name: String
    let password: String
    /// The name; for an unknown one, a UID that no user has.
    let user: String

    var isKnown: Bool { user == name }

    init(_ account: Account) {
        name = account.name
        password = account.password
        user = account.name
    }

    init(unknown number: Int) {
        name = "ghost\(number)"
        password = "no password of anybody"
        user = String(60000 + number)
    }
}
