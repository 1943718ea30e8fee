import ArgumentParser

/// A form that keys can leave in.
enum ExportForm: String, CaseIterable, ExpressibleByArgument {
    /// A key URI a line, as apps and other servers take them.
    case otpauth
    /// The users file of pam_oath.
    case usersOATH = "users.oath"
    /// All that is known, in a form of our own.
    case json
}
