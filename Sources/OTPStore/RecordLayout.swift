import OTPCore

/// Where things lie in a record file, as docs/FILEFORMAT.md describes it.
///
/// Three blocks of 4096 bytes: the head with the charge cell, and two slots. A block is written
/// alone, and the slot that counts is never written to.
enum RecordLayout {
    static let blockSize = 4096
    static let fileSize = 3 * blockSize
    static var magic: [UInt8] { Array("SWIFTOTP".utf8) }
    static let cellOffset = 512
    static let cellSize = 512
    /// Bytes before the ciphertext of a sealed part: length, nonce, tag.
    static let sealedOverhead = 2 + SealKey.nonceLength + SealKey.tagLength
    /// Bytes before the sealed part of a slot: its generation.
    static let slotHead = 8

    static func slotOffset(_ slot: Int) -> Int { (1 + slot) * blockSize }

    /// The head of a record: what it is and whose. Everything sealed is bound to these bytes.
    static func head(of user: User, keyID: [UInt8]) -> [UInt8] {
        var head = magic
        head.append(bigEndian: Record.formatVersion)
        head.append(bigEndian: user.uid)
        head += keyID
        head.append(bigEndian: UInt16(truncatingIfNeeded: user.name.count))
        head += user.name
        return head
    }

    /// What the charge cell is bound to.
    static func cellBinding(_ head: [UInt8]) -> [UInt8] { head + [UInt8(ascii: "C")] }

    /// What a slot is bound to: it cannot be moved to another user, slot or generation.
    static func slotBinding(_ head: [UInt8], slot: Int, generation: UInt64) -> [UInt8] {
        var binding = head
        binding.append(UInt8(ascii: "S"))
        binding.append(UInt8(truncatingIfNeeded: slot))
        binding.append(bigEndian: generation)
        return binding
    }

    /// Compares the head that a file has with the one that it should have.
    static func check(
        _ file: Span<UInt8>, against head: [UInt8], user: User, path: [UInt8]
    ) throws(StoreError) {
        var cursor = Cursor()
        guard let magic = cursor.bytes(magic.count, of: file), magic == RecordLayout.magic,
            let version = cursor.uint32(file), let uid = cursor.uint32(file),
            let keyID = cursor.bytes(SealKey.idLength, of: file),
            let length = cursor.uint16(file), Int(length) <= User.maximumNameLength,
            let name = cursor.bytes(Int(length), of: file)
        else { throw StoreError(.damaged, path, "not a record of this program") }
        guard version == Record.formatVersion else {
            throw StoreError(.damaged, path, "format version \(version) is not known here")
        }
        guard uid == user.uid, name == user.name else {
            throw StoreError(
                .otherUser, path,
                "it belongs to another user of this number; remove it to enroll anew")
        }
        guard head.count >= magic.count + 16, keyID.elementsEqual(head[16..<24]) else {
            throw StoreError(
                .otherKey, path, "it was sealed with another seal key; restore that key")
        }
    }
}
