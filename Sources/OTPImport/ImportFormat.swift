/// The formats that can be read, by the word that a person types after `--from`.
public enum ImportFormat: String, CaseIterable, Sendable {
    case googleAuthenticator = "google-authenticator"
    case usersOATH = "users.oath"
    case otpauth
    case pskc
    case privacyIDEA = "privacyidea-csv"

    /// What it is, in one line.
    public var help: String {
        switch self {
        case .googleAuthenticator: "the .google_authenticator file of one user"
        case .usersOATH: "the file of pam_oath: one line for each token"
        case .otpauth: "otpauth URIs, one per line, as most apps export them"
        case .pskc: "key files of hardware tokens (RFC 6030), plain or with a pre-shared key"
        case .privacyIDEA: "the OATH CSV of privacyIDEA, with or without users"
        }
    }

    /// The largest file that is read, in bytes.
    public var maximumSize: Int {
        self == .googleAuthenticator
            ? ImportLimits.googleAuthenticatorSize : ImportLimits.fileSize
    }
}
