import CLinux
import CPAM
import Synchronization

// Where the module's memory comes from. Embedded Swift asks posix_memalign(3) for it and gives it
// back to free(3); the linker sends both here (`--wrap`).

/// The memory of one login: a region of the module's own, which is handed out piece by piece and
/// wiped when the login is over. So whatever held a key or a code, there is none left of it; and it
/// costs a tenth of malloc(3).
///
/// One thread has it at a time. Another one that logs somebody in at the same moment, and a login
/// that needs more, get theirs from malloc(3), and it is wiped when it is given back.
enum LoginMemory {
    nonisolated(unsafe) private static var region = swiftotp_region()
    private static var size: Int { MemoryLayout<swiftotp_region>.size }
    /// The thread that has it; 0 for none.
    private static let owner = Atomic<UInt>(0)

    // Of the owner alone: where the region begins, how much of it is handed out, how much was when
    // something was last taken back, and where the last piece begins.
    nonisolated(unsafe) private static var start: UnsafeMutableRawPointer?
    nonisolated(unsafe) private static var used = 0
    nonisolated(unsafe) private static var touched = 0
    nonisolated(unsafe) private static var last = 0

    /// What errno is for the owner, see `StandIns.swift`.
    nonisolated(unsafe) private static var error: CInt = 0

    /// Claims the region for this thread, until `end`; `false` where a login has it, be it one of
    /// this thread that waits for its conversation.
    static func begin() -> Bool {
        guard
            owner.compareExchange(expected: 0, desired: swiftotp_thread(), ordering: .acquiring)
                .exchanged
        else { return false }
        // SAFETY: a variable of the module has one address for as long as that is loaded.
        unsafe start = withUnsafeMutablePointer(to: &region) { UnsafeMutableRawPointer($0) }
        return true
    }

    /// Wipes what was handed out; nothing of it may be in use any more.
    static func end() {
        guard let start = unsafe start else { return }
        let end = unsafe max(used, touched)
        // In pieces that memset(3) fills with vector stores, which are quicker than its string
        // instruction for so little.
        for offset in stride(from: 0, to: end, by: 1024) {
            // SAFETY: what was handed out is a part of the region, and a piece ends where that ends.
            unsafe swiftotp_wipe(start + offset, min(1024, end - offset))
        }
        unsafe (used, touched, last) = (0, 0, 0)
        owner.store(0, ordering: .releasing)
    }

    /// Where the error of the last system call is, if this thread has the region.
    static var errorNumber: UnsafeMutablePointer<CInt>? {
        guard owner.load(ordering: .relaxed) == swiftotp_thread() else { return nil }
        // SAFETY: a variable of the module has one address for as long as that is loaded.
        return unsafe withUnsafeMutablePointer(to: &error) { unsafe $0 }
    }

    /// `count` bytes of the region, aligned for every type; `nil` where it is another's or full.
    @inline(__always)
    fileprivate static func take(_ count: Int) -> UnsafeMutableRawPointer? {
        guard owner.load(ordering: .relaxed) == swiftotp_thread(), let start = unsafe start else {
            return nil
        }
        let from = unsafe used
        guard count >= 0, count < size - from else { return nil }
        unsafe last = from
        // At least 16, so that no two pieces begin at one place.
        unsafe used = from &+ ((count | 1) &+ 15) & ~15
        // SAFETY: `count` bytes from `from` on lie in the region, whose size is a multiple of 16.
        return unsafe start + from
    }

    /// Takes a piece back; `false` where it is not of the region.
    @inline(__always)
    fileprivate static func giveBack(_ piece: UnsafeMutableRawPointer) -> Bool {
        let offset = unsafe UInt(bitPattern: piece) &- UInt(bitPattern: start)
        guard offset < UInt(size) else { return false }
        if unsafe offset == UInt(bitPattern: last) {
            unsafe touched = max(touched, used)
            unsafe used = last
        }
        return true
    }
}

/// Stands in for posix_memalign(3). Beside the region there is malloc(3), whose alignment is enough
/// for every type of ours.
@c(__wrap_posix_memalign)
func allocate(
    _ result: UnsafeMutablePointer<UnsafeMutableRawPointer?>, _ alignment: Int, _ size: Int
) -> CInt {
    // SAFETY: `result` is the caller's, as in posix_memalign(3), and `release` takes it back.
    let memory = unsafe alignment <= 16 ? LoginMemory.take(size) ?? beside(size) : nil
    unsafe result.pointee = memory
    return unsafe memory == nil ? ENOMEM : 0
}

/// Stands in for free(3), for what `allocate` gave. The application's memory is given back by
/// `__real_free`.
@c(__wrap_free)
func release(_ memory: UnsafeMutableRawPointer?) {
    guard let memory = unsafe memory, unsafe !LoginMemory.giveBack(memory) else { return }
    // SAFETY: what is not of the region came from `beside`, and begins with its length.
    let start = unsafe memory - sizeRoom
    unsafe swiftotp_wipe(start, start.load(as: Int.self))
    unsafe __real_free(start)
}

/// Room for a length that leaves what follows aligned for every type. Not a stored value, which
/// might be made when it is first used: with memory from here.
private var sizeRoom: Int { 16 }

/// Memory of malloc(3) with its length before it, so that it can be wiped like the region.
private func beside(_ size: Int) -> UnsafeMutableRawPointer? {
    let (whole, overflow) = size.addingReportingOverflow(sizeRoom)
    guard !overflow, let start = unsafe ordinary(whole) else { return nil }
    // SAFETY: it is longer than a length, and aligned for one.
    unsafe start.storeBytes(of: whole, as: Int.self)
    return unsafe start + sizeRoom
}

/// malloc(3), looked up when it is needed: see `StandIns.swift`.
private func ordinary(_ size: Int) -> UnsafeMutableRawPointer? {
    typealias Allocate = @convention(c) (Int) -> UnsafeMutableRawPointer?
    guard let function = unsafe libraryFunction("malloc") else { return nil }
    // SAFETY: the C library's own function, of the type that <stdlib.h> declares.
    return unsafe unsafeBitCast(function, to: Allocate.self)(size)
}
