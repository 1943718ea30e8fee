import Glibc

/// Bytes that wipe themselves: a key, a seal key, an answer, a decrypted record.
///
/// The type cannot be copied, so there is one place to wipe, and `deinit` does it. It has no
/// description, so it cannot reach a log by accident.
///
/// This file and `Cryptography.swift` are the only ones in OTPCore with unsafe code.
@safe
public struct Secret: ~Copyable {
    private let storage: UnsafeMutableBufferPointer<UInt8>

    /// How many bytes are held.
    public let count: Int

    /// Room for `count` zero bytes (0 to 65,536; other counts become the nearest of these).
    public init(count: Int) {
        self.count = max(0, min(count, 65_536))
        // SAFETY: this value alone owns the buffer, and frees it once, in `deinit`.
        unsafe storage = .allocate(capacity: self.count)
        unsafe storage.initialize(repeating: 0)
    }

    /// A copy of `bytes`. The source is not wiped.
    public init(copying bytes: Span<UInt8>) {
        self.init(count: bytes.count)
        let length = count
        // SAFETY: both spans are `length` bytes long, and the new buffer overlaps nothing.
        unsafe bytes.withUnsafeBufferPointer { source in
            if let from = source.baseAddress, let to = unsafe storage.baseAddress {
                _ = unsafe memcpy(to, from, length)
            }
        }
    }

    /// A copy of `bytes`, which are wiped.
    public init(wiping bytes: inout [UInt8]) {
        self.init(copying: bytes.span)
        Secret.wipe(&bytes)
    }

    deinit {
        // SAFETY: the buffer is ours, `count` bytes long, and not used after this.
        if let start = unsafe storage.baseAddress { unsafe explicit_bzero(start, count) }
        unsafe storage.deallocate()
    }

    /// The bytes, while `body` runs.
    public func withBytes<Result: ~Copyable, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        // SAFETY: `self` is borrowed while the span lives, so the buffer stays.
        try body(unsafe Span(_unsafeElements: UnsafeBufferPointer(storage)))
    }

    /// The bytes, writable, while `body` runs.
    public mutating func withMutableBytes<Result: ~Copyable, Failure: Error>(
        _ body: (inout MutableSpan<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        // SAFETY: `self` is held exclusively while the span lives.
        var span = unsafe MutableSpan(_unsafeElements: storage)
        return try body(&span)
    }

    /// Writes `bytes` at the start of `range` and zeros in the rest of it. Does nothing if they do
    /// not fit, or if the range is out of bounds.
    mutating func put(_ bytes: Span<UInt8>, in range: Range<Int>) {
        guard range.lowerBound >= 0, range.upperBound <= count, bytes.count <= range.count else {
            return
        }
        // SAFETY: `range` is in the buffer and has room for `bytes`, which are elsewhere.
        unsafe bytes.withUnsafeBufferPointer { source in
            guard let to = unsafe storage.baseAddress else { return }
            let start = unsafe to + range.lowerBound
            if let from = source.baseAddress { _ = unsafe memcpy(start, from, source.count) }
            unsafe explicit_bzero(start + source.count, range.count - source.count)
        }
    }

    /// Overwrites an array's bytes in place and empties it.
    public static func wipe(_ bytes: inout [UInt8]) {
        // SAFETY: exclusive access to the array's own storage, within its count.
        unsafe bytes.withUnsafeMutableBytes { buffer in
            if let start = buffer.baseAddress { unsafe explicit_bzero(start, buffer.count) }
        }
        bytes.removeAll()
    }

    /// Appends to an array that may hold a key; if the array has to move, its old place is wiped.
    public static func append(_ more: Span<UInt8>, to bytes: inout [UInt8]) {
        if bytes.capacity - bytes.count < more.count {
            var larger: [UInt8] = []
            larger.reserveCapacity(max(256, 2 * (bytes.count + more.count)))
            larger.append(copying: bytes.span)
            wipe(&bytes)
            bytes = larger
        }
        bytes.append(copying: more)
    }

    /// Overwrites the bytes of an array from a `deinit`, which cannot mutate. Only for the array's
    /// last owner.
    public static func wipe(endOf bytes: borrowing [UInt8]) {
        // SAFETY: the array's own storage, within its count, which nobody reads any more.
        unsafe bytes.withUnsafeBytes { buffer in
            if let start = unsafe UnsafeMutableRawPointer(mutating: buffer.baseAddress) {
                unsafe explicit_bzero(start, buffer.count)
            }
        }
    }
}

// Operations on many bytes at once. The standard library's go byte by byte under Embedded Swift,
// which took a fifth of a login.

extension Span<UInt8> {
    /// A copy.
    public var array: [UInt8] { [UInt8](capacity: count) { $0.write(copying: self) } }
}

#if compiler(<6.3)
    extension Array<UInt8> {
        /// The same as in Swift 6.3.
        public init(
            capacity: Int, initializingWith body: (inout OutputSpan<UInt8>) -> Void
        ) {
            // SAFETY: the span's count is what is initialized; nobody keeps the buffer.
            unsafe self.init(unsafeUninitializedCapacity: capacity) { buffer, count in
                var span = unsafe OutputSpan(buffer: buffer, initializedCount: 0)
                body(&span)
                count = unsafe span.finalize(for: buffer)
            }
        }

        /// The same as in Swift 6.3, through another array.
        public mutating func append(
            addingCapacity count: Int, initializingWith body: (inout OutputSpan<UInt8>) -> Void
        ) {
            append(contentsOf: [UInt8](capacity: count, initializingWith: body))
        }
    }
#endif

extension Array<UInt8> {
    /// Appends a copy of a span.
    public mutating func append(copying bytes: Span<UInt8>) {
        append(addingCapacity: bytes.count) { $0.write(copying: bytes) }
    }

    /// Appends an integer, high byte first.
    public mutating func append<Value: FixedWidthInteger & BitwiseCopyable>(
        bigEndian value: Value
    ) {
        append(addingCapacity: MemoryLayout<Value>.size) { $0.write(bigEndian: value) }
    }

    /// Appends the bytes of a literal.
    public mutating func append(_ literal: StaticString) {
        // SAFETY: a literal of more than one character is part of the program and stays there; one
        // of a single character has no address, and comes in a buffer of its own.
        literal.withUTF8Buffer { text in
            let bytes = unsafe Span(_unsafeElements: text)
            append(copying: bytes)
        }
    }

    /// The bytes of a literal.
    public init(_ literal: StaticString) {
        self.init()
        append(literal)
    }
}

// Many fields in a row go into an `OutputSpan`; an array would check for each of them whether it is
// unique and has room. Too much leaves it full, which is how the caller notices.

extension OutputSpan<UInt8> {
    /// Appends a copy of a span.
    @_lifetime(self: copy self)
    public mutating func write(copying bytes: Span<UInt8>) {
        // SAFETY: there is room after the initialized bytes for what is copied, and the source is
        // that long and elsewhere.
        unsafe withUnsafeMutableBufferPointer { buffer, initialized in
            unsafe bytes.withUnsafeBufferPointer { source in
                let room = buffer.count - initialized
                guard let to = buffer.baseAddress, let from = source.baseAddress,
                    source.count <= room
                else {
                    if source.count > room { unsafe fill(buffer, &initialized) }
                    return
                }
                _ = unsafe memcpy(to + initialized, from, source.count)
                initialized += source.count
            }
        }
    }

    /// Appends an integer, high byte first.
    @_lifetime(self: copy self)
    public mutating func write<Value: FixedWidthInteger & BitwiseCopyable>(
        bigEndian value: Value
    ) {
        let bytes = value.bigEndian
        // SAFETY: there is room for one more value after the initialized bytes.
        unsafe withUnsafeMutableBufferPointer { buffer, initialized in
            guard let to = buffer.baseAddress,
                MemoryLayout<Value>.size <= buffer.count - initialized
            else {
                unsafe fill(buffer, &initialized)
                return
            }
            unsafe UnsafeMutableRawPointer(to + initialized).storeBytes(
                of: bytes, as: Value.self)
            initialized += MemoryLayout<Value>.size
        }
    }

    /// Appends a byte.
    @_lifetime(self: copy self)
    public mutating func write(_ byte: UInt8) { write(bigEndian: byte) }
}

/// Zeros up to the end of `buffer`: it is then full, which means too long, and nothing can be
/// added.
private func fill(_ buffer: UnsafeMutableBufferPointer<UInt8>, _ initialized: inout Int) {
    guard let start = buffer.baseAddress else { return }
    // SAFETY: the bytes after the initialized ones, up to the buffer's end.
    unsafe explicit_bzero(start + initialized, buffer.count - initialized)
    initialized = buffer.count
}

extension Span<UInt8> {
    /// Whether another span has the same bytes; not for secrets.
    public func isEqual(to other: Span<UInt8>) -> Bool {
        guard count == other.count else { return false }
        for index in indices where self[index] != other[index] { return false }
        return true
    }

    /// The integer at `offset`, high byte first; `nil` if it is not within the span.
    func bigEndian<Value: FixedWidthInteger & BitwiseCopyable>(
        _ type: Value.Type, at offset: Int
    ) -> Value? {
        guard offset >= 0, MemoryLayout<Value>.size <= count - offset else { return nil }
        // SAFETY: the value is within the span; it may be unaligned.
        return unsafe Value(bigEndian: bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: type))
    }
}
