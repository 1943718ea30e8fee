/// The formats that can be read, by their words for `--from`.
public enum ImportFormat: String, CaseIterable, Sendable {
    case googleAuthenticator = "google-authenticator"
    case usersOATH = "users.oath"
    case otpauth
    case pskc
    case privacyIDEA = "privacyidea-csv"
    case tokenCSV = "token-csv"
    case swiftOTP = "swiftotp-json"
    case googleExport = "google-export"
    case aegis
    case twoFAS = "2fas"
    case andOTP = "andotp"
    case freeOTPPlus = "freeotp-plus"
    case ente
    case bitwarden
    case keePassXC = "keepassxc"

    /// A description in one line.
    public var help: String {
        switch self {
        case .googleAuthenticator:
            "the file of one user, or a folder of them"
        case .usersOATH: "the file of pam_oath: one line for each token"
        case .otpauth: "otpauth URIs, one per line, as most apps export them"
        case .pskc: "key files of hardware tokens (RFC 6030), plain or with a pre-shared key"
        case .privacyIDEA: "the OATH CSV of privacyIDEA and LinOTP"
        case .tokenCSV: "lists of hardware tokens, as Microsoft Entra takes them"
        case .swiftOTP: "what `export --format json` wrote, on this or another machine"
        case .googleExport: "Google Authenticator: the text of its QR codes, one per line"
        case .aegis: "Aegis, exported without encryption"
        case .twoFAS: "2FAS, exported without a password"
        case .andOTP: "andOTP, backed up in plain text"
        case .freeOTPPlus: "FreeOTP+, exported as JSON"
        case .ente: "Ente Auth, exported as plain text"
        case .bitwarden: "Bitwarden and Vaultwarden, exported as JSON or CSV"
        case .keePassXC: "KeePassXC, exported as XML or CSV"
        }
    }

    /// Whether a file has one person's accounts, for this machine and everything else.
    public var isPersonal: Bool {
        switch self {
        case .googleAuthenticator, .usersOATH, .otpauth, .pskc, .privacyIDEA, .tokenCSV, .swiftOTP:
            false
        case .googleExport, .aegis, .twoFAS, .andOTP, .freeOTPPlus, .ente, .bitwarden, .keePassXC:
            true
        }
    }

    /// Whether a name in it must match a user's whole name: `alice@example.com` of another domain
    /// may be somebody other than `alice`.
    public var hasWholeNames: Bool { self == .tokenCSV || self == .swiftOTP }

    /// The largest file that is read, in bytes.
    public var maximumSize: Int {
        self == .googleAuthenticator
            ? ImportLimits.googleAuthenticatorSize : ImportLimits.fileSize
    }
}
