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
