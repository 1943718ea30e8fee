import CLinux

// Strings, arrays and libraries hold keys and codes for a while, and nobody knows all the copies that
// are made of them. So whatever this program frees is wiped: the linker puts these two in the place
// of the C library's (`--defsym`), for the whole program, its libraries among it.

/// Stands in for free(3): wipes first.
@c(swiftotp_wipe_and_free)
public func wipeAndFree(_ memory: UnsafeMutableRawPointer?) {
    guard let memory = unsafe memory else { return }
    // SAFETY: the caller's own promise that it is a piece of malloc(3) that nobody uses any more.
    unsafe swiftotp_wipe(memory, malloc_usable_size(memory))
    unsafe __libc_free(memory)
}

/// Stands in for realloc(3), which would leave a copy behind: always moves, and wipes the old place.
@c(swiftotp_move_and_wipe)
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
