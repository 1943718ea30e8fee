import Glibc

/// Memory that a library of others used and freed without wiping it, such as libqrencode its copies of
/// a key. It is not ours to look for, but malloc(3) hands it out again.
@safe
struct FreedMemory: ~Copyable {
    private typealias Allocate = @convention(c) (Int) -> UnsafeMutableRawPointer?
    private typealias Free = @convention(c) (UnsafeMutableRawPointer?) -> Void

    private let allocate: Allocate
    private let free: Free
    /// The piece that was taken last. Each begins with the address of the one before it, so that none
    /// is given back, and handed out again, before all of them are wiped.
    private var last: UnsafeMutableRawPointer?

    /// Takes what malloc(3) has for this thread, wipes it, and gives it back. That need not be all the
    /// free memory of a large program, but it is what this thread freed just now: what came back last
    /// is handed out first. It takes less than 1 MB, for a moment.
    static func wipe() {
        // Found when called for, as by `Loader`.
        guard let first = unsafe dlsym(nil, "malloc"), let second = unsafe dlsym(nil, "free") else {
            return
        }
        // SAFETY: the C library's own functions, of the types that <stdlib.h> declares.
        var memory = unsafe FreedMemory(
            allocate: unsafeBitCast(first, to: Allocate.self),
            free: unsafeBitCast(second, to: Free.self))
        // The large ones first: for one of those, glibc joins what was freed side by side.
        memory.take(1, of: 100_000)
        var size = 32_768
        while size >= 2048 {
            memory.take(8, of: size)
            size /= 2
        }
        // Each size for which it keeps a list of its own, with room for more than that list holds.
        size = 1032
        while size >= 24 {
            memory.take(12, of: size)
            size -= 16
        }
        memory.giveBack()
    }

    private init(allocate: Allocate, free: Free) {
        unsafe (self.allocate, self.free) = (allocate, free)
    }

    private mutating func take(_ count: Int, of size: Int) {
        for _ in 0..<count {
            guard let piece = unsafe allocate(size) else { return }
            // SAFETY: `size` bytes of our own, aligned for any type, and more than an address has.
            unsafe explicit_bzero(piece, size)
            unsafe piece.storeBytes(of: last, as: UnsafeMutableRawPointer?.self)
            unsafe last = piece
        }
    }

    private mutating func giveBack() {
        while let piece = unsafe last {
            // SAFETY: a piece that `take` has made begin so, given back once.
            unsafe last = piece.load(as: UnsafeMutableRawPointer?.self)
            unsafe free(piece)
        }
    }
}
