import CLinux

/// A buffer for bytes to send or receive. A question may contain a key, so the contents are wiped
/// with their owner. It never grows; what does not fit is left out and reported, not a trap.
@safe
struct Bytes: ~Copyable {
    private let start: UnsafeMutablePointer<UInt8>
    private let capacity: Int
    /// How many bytes it holds.
    private(set) var count = 0
    /// The most bytes it has ever held.
    private var touched = 0
    /// Whether something did not fit.
    private(set) var isCut = false

    /// Room for `capacity` bytes; `nil` if there is no memory.
    init?(capacity: Int) {
        // SAFETY: memory of our own, freed once, in `deinit`.
        guard let memory = unsafe malloc(capacity) else { return nil }
        unsafe start = memory.assumingMemoryBound(to: UInt8.self)
        self.capacity = capacity
    }

    deinit {
        // SAFETY: `touched` is never more than `capacity`.
        unsafe explicit_bzero(start, touched)
        unsafe free(start)
    }

    /// The byte at `index`; 0 if there is none.
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

    /// Appends a two-byte number, high byte first.
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

    /// Calls `body` with the address of the byte at `index`, valid up to `count`.
    @unsafe
    func withPointer<Result>(
        at index: Int, _ body: (UnsafeMutablePointer<UInt8>) -> Result
    ) -> Result {
        // SAFETY: a place in the memory, or its end.
        unsafe body(start + max(0, min(index, count)))
    }

    /// Adds to the count `length` bytes that somebody else wrote at the end.
    mutating func grow(by length: Int) {
        count = max(0, min(count + length, capacity))
        touched = max(touched, count)
    }
}
