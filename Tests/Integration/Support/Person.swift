import TestSupport

/// Somebody who wants to log in: an account, or a name that nobody has.
struct Person: Sendable {
    let name: String
    let password: String
    /// What stands for the person where a name is of no use, as it is unknown.
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
