import CLinux

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

    /// Room for `count` zero bytes (0 to 65,536; anything outside is brought to the nearer end).
    public init(count: Int) {
        self.count = max(0, min(count, 65_536))
        // SAFETY: the buffer is owned by this value alone and freed once, in `deinit`.
        unsafe storage = .allocate(capacity: self.count)
        unsafe storage.initialize(repeating: 0)
    }

    /// A copy of `bytes`. The source is not wiped.
    public init(copying bytes: Span<UInt8>) {
        self.init(count: bytes.count)
        let length = count
        // SAFETY: both spans are `length` bytes, and the new buffer overlaps nothing.
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
        if let start = unsafe storage.baseAddress { unsafe swiftotp_wipe(start, count) }
        unsafe storage.deallocate()
    }

    /// The bytes, for as long as `body` runs.
    public func withBytes<Result: ~Copyable, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        // SAFETY: `self` is borrowed while the span lives, so the buffer stays.
        try body(unsafe Span(_unsafeElements: UnsafeBufferPointer(storage)))
    }

    /// The bytes to write to, for as long as `body` runs.
    public mutating func withMutableBytes<Result: ~Copyable, Failure: Error>(
        _ body: (inout MutableSpan<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        // SAFETY: `self` is exclusively held while the span lives.
        var span = unsafe MutableSpan(_unsafeElements: storage)
        return try body(&span)
    }

    /// Overwrites an array's bytes in place and empties it.
    public static func wipe(_ bytes: inout [UInt8]) {
        // SAFETY: exclusive access to the array's own storage, within its count.
        unsafe bytes.withUnsafeMutableBytes { buffer in
            if let start = buffer.baseAddress { unsafe swiftotp_wipe(start, buffer.count) }
        }
        bytes.removeAll()
    }
}

// Bytes in bulk. The library's own ways go byte by byte under Embedded Swift, which made up a
// fifth of a login.

extension Span<UInt8> {
    /// A copy.
    public var array: [UInt8] {
        var copy: [UInt8] = []
        copy.append(copying: self)
        return copy
    }
}

extension Array<UInt8> {
    /// Appends a copy of a span.
    public mutating func append(copying bytes: Span<UInt8>) {
        let length = bytes.count
        append(addingCapacity: length) { output in
            // SAFETY: there is room for `length` more bytes behind the initialized ones, and the
            // source is `length` long and elsewhere.
            unsafe output.withUnsafeMutableBufferPointer { buffer, initialized in
                unsafe bytes.withUnsafeBufferPointer { source in
                    if let to = buffer.baseAddress, let from = source.baseAddress {
                        _ = unsafe memcpy(to + initialized, from, length)
                    }
                }
                initialized += length
            }
        }
    }

    /// Appends an integer, its highest byte first.
    public mutating func append<Value: FixedWidthInteger & BitwiseCopyable>(
        bigEndian value: Value
    ) {
        let bytes = value.bigEndian
        append(addingCapacity: MemoryLayout<Value>.size) { output in
            // SAFETY: there is room for one more value behind the initialized bytes.
            unsafe output.withUnsafeMutableBufferPointer { buffer, initialized in
                if let to = buffer.baseAddress {
                    unsafe UnsafeMutableRawPointer(to + initialized).storeBytes(
                        of: bytes, as: Value.self)
                }
                initialized += MemoryLayout<Value>.size
            }
        }
    }

    /// Appends the bytes of a literal.
    public mutating func append(_ literal: StaticString) {
        // SAFETY: a literal of more than one character lies in the program, and stays; one of a
        // single character has no address, and comes as a buffer of its own.
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
