import OTPCore

/// One sealed part of a record file: generation, length, nonce, tag, ciphertext, and zeros up to
/// its end.
enum SealedPart {
    /// Seals `plain`, which is wiped. The result does not include the zeros.
    static func seal(
        _ plain: inout [UInt8], generation: UInt64, with key: SealKey, binding: [UInt8],
        path: [UInt8]
    ) throws(StoreError) -> [UInt8] {
        defer { Secret.wipe(&plain) }
        guard let sealed = try key.sealed(&plain, binding) else {
            throw StoreError(.system, path, "the record cannot be sealed")
        }
        let length = RecordLayout.generationSize + RecordLayout.sealedOverhead + plain.count
        return [UInt8](capacity: length) { part in
            part.write(bigEndian: generation)
            part.write(bigEndian: UInt16(truncatingIfNeeded: plain.count))
            part.write(copying: sealed.span)
        }
    }

    /// The generation of the part at `offset`; the part is bound to it, but not opened yet.
    static func generation(_ file: [UInt8], at offset: Int) -> UInt64 {
        var cursor = Cursor()
        guard file.indices.contains(offset) else { return 0 }
        return cursor.uint64(file.span.extracting(offset...)) ?? 0
    }

    /// Opens the part at `range` of `file`; `nil` if anything in it was changed.
    static func open(
        _ file: [UInt8], _ range: Range<Int>, with key: SealKey, binding: [UInt8]
    ) -> [UInt8]? {
        let range = range.dropFirst(RecordLayout.generationSize)
        guard let start = range.first, range.count >= RecordLayout.sealedOverhead,
            start + range.count <= file.count
        else { return nil }
        let part = file.span.extracting(start..<start + range.count)
        var cursor = Cursor()
        guard let length = cursor.uint16(part),
            RecordLayout.sealedOverhead + Int(length) <= part.count
        else { return nil }
        let end = RecordLayout.sealedOverhead + Int(length)
        guard System.isZero(file, start + end..<start + part.count) else { return nil }
        return key.opened(part.extracting(cursor.offset..<end), binding)
    }
}
