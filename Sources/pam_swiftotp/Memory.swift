import CLinux
import CPAM

// Where the module's memory comes from. Embedded Swift asks posix_memalign(3) for it and gives it
// back to free(3); the linker sends both here (`--wrap`).

/// The memory of one login: room on the stack, which is handed out piece by piece and wiped when the
/// login is over. So whatever held a key or a code, there is none left of it; and it costs a tenth
/// of malloc(3). A login that needs more goes on in a region of the module's own.
///
/// One thread has it at a time. Another one that logs somebody in at the same moment, and a login
/// that needs more still, get theirs from malloc(3), and it is wiped when it is given back.
enum LoginMemory {
    /// What a login has of it.
    @unsafe struct Share {
        /// The room or, when that is full, the region; `nil` for nothing.
        var start: UnsafeMutableRawPointer?
        var size = 0
        /// How much of it is handed out, how much was when something was last taken back, and where
        /// the last piece begins.
        var used = 0
        var touched = 0
        var last = 0
        /// The room, once it is full.
        var full: UnsafeMutableRawBufferPointer?
    }

    /// The thread that has it; 0 for none.
    nonisolated(unsafe) private static var owner: UInt = 0

    // Of the owner alone.
    nonisolated(unsafe) private static var share = unsafe Share()
    nonisolated(unsafe) private static var regionIsTaken = false
    /// What errno is for the owner, see `StandIns.swift`.
    nonisolated(unsafe) private static var error: CInt = 0

    /// Last, so that what is before it lies on a page that is written to anyway.
    nonisolated(unsafe) private static var region = swiftotp_region()

    /// Claims it for this thread, with this `room`; `nil` where another thread has it. `end` takes
    /// what this gives: what a login of this thread has that waits for its conversation, or had that
    /// never came back from there.
    static func begin(in room: UnsafeMutablePointer<swiftotp_room>) -> Share? {
        guard unsafe swiftotp_claim(&owner) || swiftotp_is_claimed_here(&owner) else { return nil }
        let outer = unsafe share
        unsafe share = Share(start: room, size: MemoryLayout<swiftotp_room>.size)
        return unsafe outer
    }

    /// Wipes what was handed out; nothing of it may be in use any more.
    static func end(_ outer: Share) {
        guard let start = unsafe share.start else { return }
        // SAFETY: what was handed out is a part of the room or the region.
        unsafe swiftotp_wipe(start, max(share.used, share.touched))
        if let room = unsafe share.full, let start = room.baseAddress {
            unsafe swiftotp_wipe(start, room.count)
            unsafe regionIsTaken = false
        }
        unsafe share = outer
        if unsafe outer.start == nil { unsafe swiftotp_let_go(&owner) }
    }

    /// Where the error of the last system call is, if this thread has the memory.
    static var errorNumber: UnsafeMutablePointer<CInt>? {
        guard unsafe swiftotp_is_claimed_here(&owner) else { return nil }
        // SAFETY: a variable of the module has one address for as long as that is loaded.
        return unsafe withUnsafeMutablePointer(to: &error) { unsafe $0 }
    }

    /// `count` bytes, aligned for every type; `nil` where the memory is another's or full.
    @inline(__always)
    fileprivate static func take(_ count: Int) -> UnsafeMutableRawPointer? {
        guard unsafe swiftotp_is_claimed_here(&owner), count >= 0 else { return nil }
        guard unsafe count < share.size &- share.used || goOn(with: count),
            let start = unsafe share.start
        else { return nil }
        let from = unsafe share.used
        unsafe share.last = from
        // At least 16, so that no two pieces begin at one place.
        unsafe share.used = from &+ ((count | 1) &+ 15) & ~15
        // SAFETY: `count` bytes from `from` on lie in it; both sizes are multiples of 16.
        return unsafe start + from
    }

    /// Goes on in the region, if `count` bytes have room there and no login of this thread is in it.
    @inline(never)
    private static func goOn(with count: Int) -> Bool {
        let whole = MemoryLayout<swiftotp_region>.size
        guard unsafe !regionIsTaken, count < whole, let room = unsafe share.start else {
            return false
        }
        unsafe regionIsTaken = true
        let full = unsafe UnsafeMutableRawBufferPointer(start: room, count: share.size)
        // SAFETY: a variable of the module has one address for as long as that is loaded.
        let start = unsafe withUnsafeMutablePointer(to: &region) { UnsafeMutableRawPointer($0) }
        unsafe share = Share(start: start, size: whole, full: full)
        return true
    }

    /// Takes a piece back; `false` where it is not of this memory.
    @inline(__always)
    fileprivate static func giveBack(_ piece: UnsafeMutableRawPointer) -> Bool {
        guard unsafe swiftotp_is_claimed_here(&owner) else { return false }
        let offset = unsafe UInt(bitPattern: piece) &- UInt(bitPattern: share.start)
        guard unsafe offset < UInt(bitPattern: share.size) else {
            let before = unsafe UInt(bitPattern: piece) &- UInt(bitPattern: share.full?.baseAddress)
            return unsafe before < UInt(bitPattern: share.full?.count ?? 0)
        }
        if unsafe offset == UInt(bitPattern: share.last) {
            unsafe share.touched = max(share.touched, share.used)
            unsafe share.used = share.last
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
