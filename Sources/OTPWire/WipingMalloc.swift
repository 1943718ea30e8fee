import CLinux

/// Replaces free(3) in a whole program (`--defsym`): wipes first, because keys and codes were in
/// more memory than what is wiped explicitly. In swiftotpd and otp-enroll.
@_cdecl("swiftotp_wipe_and_free")
public func wipeAndFree(_ memory: UnsafeMutableRawPointer?) {
    guard let memory = unsafe memory else { return }
    // SAFETY: the caller's own promise that it is memory from malloc(3) that nobody uses any more.
    unsafe explicit_bzero(memory, malloc_usable_size(memory))
    unsafe __libc_free(memory)
}

/// Replaces realloc(3) in the whole program (`--defsym`), with `wipeAndFree`: always moves, and
/// wipes the old place. Strings, arrays and libraries hold keys and codes for a while, and make
/// copies that nobody can track.
@_cdecl("swiftotp_move_and_wipe")
public func moveAndWipe(
    _ memory: UnsafeMutableRawPointer?, _ count: Int
) -> UnsafeMutableRawPointer? {
    guard let old = unsafe memory else { return unsafe __libc_malloc(count) }
    // SAFETY: the caller's own promise about memory from malloc(3); what is copied is within both.
    if count == 0 {
        unsafe wipeAndFree(old)
        return nil
    }
    guard let new = unsafe __libc_malloc(count) else { return nil }
    unsafe memmove(new, old, min(count, malloc_usable_size(old)))
    unsafe wipeAndFree(old)
    return unsafe new
}
