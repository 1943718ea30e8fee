import CLinux

// Embedded Swift allocates with posix_memalign(3), which costs twice as much as malloc(3) and
// gives nothing more for the alignments that it asks for. The linker sends its calls here
// (`--wrap`).

/// Stands in for posix_memalign(3): malloc(3), whose alignment is enough for every type of ours.
@c(__wrap_posix_memalign)
func allocate(
    _ result: UnsafeMutablePointer<UnsafeMutableRawPointer?>, _ alignment: Int, _ size: Int
) -> CInt {
    // SAFETY: `result` is the caller's, as in posix_memalign(3), and free(3) takes it back.
    let memory = unsafe alignment <= 16 ? malloc(size) : nil
    unsafe result.pointee = memory
    return unsafe memory == nil ? ENOMEM : 0
}

// Each function that the module imports is looked up by name at every load. These can do without:
// the compiler makes bcmp(3) out of comparisons, and nettle brings its assertions.

/// Stands in for bcmp(3), which memcmp(3) does as well.
@c(__wrap_bcmp)
func compare(
    _ left: UnsafeRawPointer, _ right: UnsafeRawPointer, _ count: Int
) -> CInt {
    // SAFETY: the caller's own promise about two buffers of `count` bytes.
    unsafe memcmp(left, right, count)
}

/// Stands in for memcpy(3), which memmove(3) does as well.
@c(__wrap_memcpy)
func copy(
    _ target: UnsafeMutableRawPointer, _ source: UnsafeRawPointer, _ count: Int
) -> UnsafeMutableRawPointer? {
    // SAFETY: the caller's own promise about two buffers of `count` bytes.
    unsafe memmove(target, source, count)
}

/// Stands in for nettle's failed assertions and smashed stacks: both end the process.
@c(__wrap___assert_fail)
func failedAssertion() { swiftotp_trap() }

/// See `failedAssertion`.
@c(__wrap___stack_chk_fail)
func smashedStack() { swiftotp_trap() }
