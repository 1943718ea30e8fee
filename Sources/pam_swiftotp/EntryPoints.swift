import CLinux
import CPAM

// The functions that libpam calls. The module is only a terminal: swiftotpd asks and decides, and
// the module carries its questions to the application and the answers back (docs/PROTOCOL.md).
// Nothing is kept between two calls, so any number of logins may be open at once, in one thread or
// in many.

/// Asks for a code. See pam_sm_authenticate(3), and docs/RESULTS.md for what it returns.
@_cdecl("pam_sm_authenticate")
public func authenticate(
    _ handle: OpaquePointer?, _ flags: CInt, _ count: CInt,
    _ arguments: UnsafeMutablePointer<UnsafePointer<CChar>?>?
) -> CInt {
    // SAFETY: libpam passes its own handle and `count` NUL-terminated arguments, which outlive
    // the call.
    guard let handle = unsafe handle else { return PAM_SYSTEM_ERR }
    let pam = unsafe PAMHandle(handle, flags)
    let line = unsafe PAMArguments(count, arguments)
    return Login(pam: pam, line: line).run().code
}

/// Does nothing, and returns success: anything else would make sshd end the session of a user who
/// was let in (pam_sm_setcred(3)).
@_cdecl("pam_sm_setcred")
public func setCredentials(
    _ handle: OpaquePointer?, _ flags: CInt, _ count: CInt,
    _ arguments: UnsafeMutablePointer<UnsafePointer<CChar>?>?
) -> CInt {
    PAM_SUCCESS
}
