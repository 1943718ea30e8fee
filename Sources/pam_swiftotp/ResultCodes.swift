import CPAM
import OTPCore

/// What pam_sm_authenticate returns: the one table from a login's end to PAM's codes
/// (docs/RESULTS.md).
struct ResultCode {
    let rawValue: CInt

    init(_ result: LoginResult) {
        switch result {
        case .granted, .trusting, .trusted, .enrolled: rawValue = PAM_SUCCESS
        case .refused: rawValue = PAM_AUTH_ERR
        case .ignored: rawValue = PAM_IGNORE
        case .unavailable: rawValue = PAM_AUTHINFO_UNAVAIL
        case .conversationFailed: rawValue = PAM_CONV_ERR
        }
    }
}
