import CLinux

/// Stands in for free(3) in a whole program (`--defsym`): wipes first, for keys and codes were in
/// more pieces of memory than those that are wiped by name. In swiftotpd and otp-enroll.
@_cdecl("swiftotp_wipe_and_free")
public func wipeAndFree(_ memory: UnsafeMutableRawPointer?) {
    guard let memory = unsafe memory else { return }
    // SAFETY: the caller's own promise that it is a piece of malloc(3) that nobody uses any more.
    unsafe explicit_bzero(memory, malloc_usable_size(memory))
    unsafe __libc_free(memory)
}

/// Stands in for realloc(3) in the whole program (`--defsym`), beside `wipeAndFree`: always moves, and
/// wipes the old place. Strings, arrays and libraries hold keys and codes for a while, and nobody
/// knows all the copies that are made of them.
@_cdecl("swiftotp_move_and_wipe")
public func moveAndWipe(
    _ memory: UnsafeMutableRawPointer?, _ count: Int
) -> UnsafeMutableRawPointer? {
    guard let old = unsafe memory else { return unsafe __libc_malloc(count) }
    // SAFETY: the caller's own promise about a piece of malloc(3); what is copied is in both.
    if count == 0 {
        unsafe wipeAndFree(old)
        return nil
    }
    guard let new = unsafe __libc_malloc(count) else { return nil }
    unsafe memmove(new, old, min(count, malloc_usable_size(old)))
    unsafe wipeAndFree(old)
    return unsafe new
}
