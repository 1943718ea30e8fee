import ArgumentParser

/// A format for exported keys.
enum ExportForm: String, CaseIterable, ExpressibleByArgument {
    /// One key URI per line, as apps and other servers accept them.
    case otpauth
    /// The users file of pam_oath.
    case usersOATH = "users.oath"
    /// Everything that is known, in our own format.
    case json
}
