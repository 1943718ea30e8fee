import CPAM

/// How a login ended, by swiftotpd's numbers, and the one table that maps them to PAM's codes
/// (docs/RESULTS.md).
enum LoginEnd: UInt8 {
    case success = 0
    case refused = 1
    case ignored = 2
    case unavailable = 3
    case conversationFailed = 4

    /// What pam_sm_authenticate returns.
    var code: CInt {
        switch self {
        case .success: PAM_SUCCESS
        case .refused: PAM_AUTH_ERR
        case .ignored: PAM_IGNORE
        case .unavailable: PAM_AUTHINFO_UNAVAIL
        case .conversationFailed: PAM_CONV_ERR
        }
    }
}
