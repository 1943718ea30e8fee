import CLinux
import CPAM

// Memory that runs out. The module is Embedded Swift, where an allocation that fails ends the
// process on the spot: swift_allocObject traps where it gets nothing. Here the linker sends the
// allocations of all Swift code to this file (`--wrap`), and the input says which of them fails.
// This process has to go on, and so the login only ends for those who look at it: from then on no
// call does anything, nobody hears or answers anything, and no result counts.

/// What is left of the memory in the login that runs.
enum Memory {
    /// Allocations until one fails; 0 for no end.
    nonisolated(unsafe) fileprivate(set) static var left = 0
    /// Whether the process has ended.
    nonisolated(unsafe) fileprivate(set) static var isOver = false

    /// Runs `body` with memory for so many allocations, 0 for no end; `nil` where that was not
    /// enough, and nobody knows what came of it.
    static func limited<Result>(to count: Int, _ body: () -> Result) -> Result? {
        (left, isOver) = (count, false)
        let result = body()
        defer { (left, isOver) = (0, false) }
        return isOver ? nil : result
    }
}

@_silgen_name("__real_swift_allocObject")
private func realObject(_ type: UnsafeRawPointer?, _ size: Int, _ mask: Int)
    -> UnsafeMutableRawPointer?

@_silgen_name("__real_swift_slowAlloc")
private func realMemory(_ size: Int, _ mask: Int) -> UnsafeMutableRawPointer?

/// Stands in for swift_allocObject, by which arrays, texts and objects are made.
@_cdecl("__wrap_swift_allocObject")
public func allocateObject(
    _ type: UnsafeRawPointer?, _ size: Int, _ mask: Int
) -> UnsafeMutableRawPointer? {
    spend()
    return realObject(type, size, mask)
}

/// Stands in for swift_slowAlloc, by which large buffers are made that no stack should hold.
@_cdecl("__wrap_swift_slowAlloc")
public func allocateMemory(_ size: Int, _ mask: Int) -> UnsafeMutableRawPointer? {
    spend()
    return realMemory(size, mask)
}

@inline(__always)
private func spend() {
    if Memory.left == 0 { return }
    Memory.left -= 1
    if Memory.left == 0 { Memory.isOver = true }
}

/// Stands in for the module's own memory (Sources/pam_swiftotp/Memory.swift): here it is malloc(3)
/// that gives it, so that AddressSanitizer sees what is used after its end.
enum LoginMemory {
    struct Share {}

    static func begin(in room: UnsafeMutablePointer<swiftotp_room>) -> Share? { nil }

    static func end(_ outer: Share) {}
}
