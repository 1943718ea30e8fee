import CLinux

/// Stands in for free(3) in a whole program (`--defsym`): wipes first, for keys and codes were in
/// more pieces of memory than those that are wiped by name. In swiftotpd and otp-enroll.
@c(swiftotp_wipe_and_free)
public func wipeAndFree(_ memory: UnsafeMutableRawPointer?) {
    guard let memory = unsafe memory else { return }
    // SAFETY: the caller's own promise that it is a piece of malloc(3) that nobody uses any more.
    unsafe explicit_bzero(memory, malloc_usable_size(memory))
    unsafe __libc_free(memory)
}
