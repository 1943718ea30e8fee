import CLinux

/// Room for bytes that come or go: a question may hold a key, so what was in it is wiped when its
/// owner is gone. It never grows, and what does not fit is left out and told, not a trap.
@safe
struct Bytes: ~Copyable {
    private let start: UnsafeMutablePointer<UInt8>
    private let capacity: Int
    /// How many bytes are in it.
    private(set) var count = 0
    /// How many have been in it at most.
    private var touched = 0
    /// Whether something did not fit.
    private(set) var isCut = false

    /// Room for `capacity` bytes; `nil` where there is no memory.
    init?(capacity: Int) {
        // SAFETY: memory of our own, given back once, in `deinit`.
        guard let memory = unsafe malloc(capacity) else { return nil }
        unsafe start = memory.assumingMemoryBound(to: UInt8.self)
        self.capacity = capacity
    }

    deinit {
        // SAFETY: `touched` is never more than `capacity`.
        unsafe explicit_bzero(start, touched)
        unsafe free(start)
    }

    /// The byte at `index`; 0 where there is none.
    subscript(index: Int) -> UInt8 {
        // SAFETY: the index is checked.
        (0..<count).contains(index) ? unsafe start[index] : 0
    }

    mutating func append(_ byte: UInt8) {
        guard count < capacity else {
            isCut = true
            return
        }
        // SAFETY: there is room for one more.
        unsafe start[count] = byte
        grow(by: 1)
    }

    mutating func append(hexDigit digit: UInt8) {
        append(digit < 10 ? digit &+ UInt8(ascii: "0") : digit &- 10 &+ UInt8(ascii: "a"))
    }

    mutating func append(_ literal: StaticString) {
        guard literal.hasPointerRepresentation else { return }
        // SAFETY: a literal, and its own length.
        unsafe append(copying: literal.utf8Start, literal.utf8CodeUnitCount)
    }

    /// Appends a number of two bytes, the higher one first.
    mutating func append(uint16 number: Int) {
        append(UInt8(truncatingIfNeeded: number >> 8))
        append(UInt8(truncatingIfNeeded: number))
    }

    /// Appends `length` bytes at `source`, which the caller vouches for.
    @unsafe
    mutating func append(copying source: UnsafePointer<UInt8>, _ length: Int) {
        guard length <= capacity - count else {
            isCut = true
            return
        }
        // SAFETY: there is room for them, and they are elsewhere.
        _ = unsafe memcpy(start + count, source, length)
        grow(by: length)
    }

    mutating func clear() {
        count = 0
        isCut = false
    }

    /// Calls `body` with the address of the byte at `index`, which is valid as far as `count`.
    @unsafe
    func withPointer<Result>(
        at index: Int, _ body: (UnsafeMutablePointer<UInt8>) -> Result
    ) -> Result {
        // SAFETY: a place in the memory, or its end.
        unsafe body(start + max(0, min(index, count)))
    }

    /// Counts `length` bytes more, which somebody else has written at the end.
    mutating func grow(by length: Int) {
        count = max(0, min(count + length, capacity))
        touched = max(touched, count)
    }
}
