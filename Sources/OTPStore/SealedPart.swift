import OTPCore

/// One sealed part of a record file: length, nonce, tag, ciphertext, and zeros to its end.
enum SealedPart {
    /// Seals `plain`, which is wiped, and pads the result to `size` bytes.
    static func seal(
        _ plain: inout [UInt8], in store: Store, binding: [UInt8], size: Int, path: [UInt8]
    ) throws(StoreError) -> [UInt8] {
        defer { Secret.wipe(&plain) }
        guard plain.count + RecordLayout.sealedOverhead <= size else {
            throw StoreError(.system, path, "the record has grown too large")
        }
        let nonce = try SystemRandom().bytes(SealKey.nonceLength)
        guard let tag = try store.key().seal(&plain, nonce: nonce.span, binding: binding.span)
        else {
            throw StoreError(.system, path, "the record cannot be sealed")
        }
        var part: [UInt8] = []
        part.reserveCapacity(size)
        part.append(bigEndian: UInt16(truncatingIfNeeded: plain.count))
        part += nonce
        part += tag
        part += plain
        part += [UInt8](repeating: 0, count: size - part.count)
        return part
    }

    /// Opens the part at `range` of `file`; `nil` where anything in it was changed.
    static func open(
        _ file: [UInt8], _ range: Range<Int>, in store: Store, binding: [UInt8]
    ) throws(StoreError) -> [UInt8]? {
        guard range.upperBound <= file.count, range.count >= RecordLayout.sealedOverhead else {
            return nil
        }
        let part = file.span.extracting(range)
        var cursor = Cursor()
        guard let length = cursor.uint16(part),
            let nonce = cursor.bytes(SealKey.nonceLength, of: part),
            let tag = cursor.bytes(SealKey.tagLength, of: part),
            var bytes = cursor.bytes(Int(length), of: part),
            System.isZero(file, range.lowerBound + cursor.offset..<range.upperBound),
            try store.key().open(
                &bytes, nonce: nonce.span, binding: binding.span, tag: tag.span)
        else { return nil }
        return bytes
    }
}

/// What lies in the charge cell: how far the slots are known to have reached the disk, and a
/// failure that was charged since.
struct ChargeCell {
    /// The generation of the newest slot that fdatasync(2) has returned for.
    var settled: UInt64
    /// The generation that a charge was made on, and the throttle's state with it.
    var charge: (generation: UInt64, throttle: Throttle)?

    func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(RecordLayout.cellSize)
        bytes.append(bigEndian: settled)
        guard let charge else { return bytes }
        bytes.append(bigEndian: charge.generation)
        charge.throttle.encode(into: &bytes)
        return bytes
    }

    init(settled: UInt64, charge: (generation: UInt64, throttle: Throttle)? = nil) {
        self.settled = settled
        self.charge = charge
    }

    init?(decoding bytes: [UInt8]) {
        var cursor = Cursor()
        guard let settled = cursor.uint64(bytes.span) else { return nil }
        self.settled = settled
        if cursor.offset < bytes.count {
            guard let generation = cursor.uint64(bytes.span),
                let throttle = Throttle(decoding: bytes.span, &cursor),
                cursor.offset == bytes.count
            else { return nil }
            charge = (generation, throttle)
        }
    }
}
