import CLinux
import CPAM
import OTPCore
import OTPStore

// What libpam calls. Everything behind these four functions is wiring: the login itself is
// OTPCore's LoginFlow.

/// Asks for a code. See pam_sm_authenticate(3), and docs/RESULTS.md for what it returns when.
@c(pam_sm_authenticate)
public func authenticate(
    _ handle: OpaquePointer?, _ flags: CInt, _ count: CInt,
    _ arguments: UnsafeMutablePointer<UnsafePointer<CChar>?>?
) -> CInt {
    // SAFETY: libpam passes its own handle and `count` NUL-terminated arguments, which outlive
    // the call.
    guard let handle = unsafe handle else { return PAM_SYSTEM_ERR }
    return unsafe swiftotp_with_room(logIn, handle, flags, count, arguments)
}

/// A login whose memory is in `room`, until it is over.
private func logIn(
    in room: UnsafeMutablePointer<swiftotp_room>, _ handle: OpaquePointer, _ flags: CInt,
    _ count: CInt, _ arguments: UnsafeMutablePointer<UnsafePointer<CChar>?>?
) -> CInt {
    let outer = unsafe LoginMemory.begin(in: room)
    defer {
        if let outer = unsafe outer { unsafe LoginMemory.end(outer) }
        swiftotp_wipe_stack(stackDepth)
    }
    // SAFETY: as above.
    let pam = unsafe PAMHandle(handle, silent: UInt32(bitPattern: flags) & UInt32(PAM_SILENT) != 0)
    return unsafe logIn(pam, count, arguments)
}

/// How deep into the stack a login goes, in bytes: about 8 KB, and not much is added to that, as a
/// program may have given its thread little.
private var stackDepth: Int { 12_288 }

/// A function of its own, so that all of its memory is given back when it is over.
@inline(never)
private func logIn(
    _ pam: PAMHandle, _ count: CInt, _ arguments: UnsafeMutablePointer<UnsafePointer<CChar>?>?
) -> CInt {
    // SAFETY: as above.
    let arguments = unsafe PAMHandle.arguments(count, arguments)
    return Login(pam: pam).run(arguments).rawValue
}

/// Does nothing, and says that it went well: anything else would make sshd end the session of
/// a user who was let in (pam_sm_setcred(3)).
@c(pam_sm_setcred)
public func setCredentials(
    _ handle: OpaquePointer?, _ flags: CInt, _ count: CInt,
    _ arguments: UnsafeMutablePointer<UnsafePointer<CChar>?>?
) -> CInt {
    PAM_SUCCESS
}
