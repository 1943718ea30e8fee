import OTPCore

/// The layout of a record file, as in docs/FILEFORMAT.md.
///
/// Three blocks of 4096 bytes: the head with mark and charge, and two slots. A write never touches
/// more than one block, and never the slot that counts.
enum RecordLayout {
    static let blockSize = 4096
    static let fileSize = 3 * blockSize
    /// The mark: the newest generation known to be on the disk (0 if not even the record's name
    /// is), and the same with every bit inverted.
    static let markOffset = 512
    static let markSize = 16
    /// The charge: the generation that it was made on, and the sealed state of the throttle.
    static let chargeOffset = markOffset + markSize
    static let chargeSize = 1024 - chargeOffset
    /// Bytes before the ciphertext of a sealed part: length, nonce, tag.
    static let sealedOverhead = 2 + SealKey.sealedOverhead
    /// Bytes before the sealed part of a slot or a charge: its generation.
    static let generationSize = 8

    /// Where the key's id is: after magic, version and UID.
    static let keyIDOffset = 16
    /// The message for a record with another key's id.
    static let otherKey = "it was sealed with another seal key; restore that key"

    static func slotOffset(_ slot: Int) -> Int { (1 + slot) * blockSize }

    /// `SWIFTOTP`
    private static let magic: UInt64 = 0x5357_4946_544f_5450

    /// The head of a record: what it is, and whose. Everything sealed is bound to these bytes.
    static func head(of user: User, keyID: [UInt8]) -> [UInt8] {
        [UInt8](capacity: 26 + user.name.count) { head in
            head.write(bigEndian: magic)
            head.write(bigEndian: Record.formatVersion)
            head.write(bigEndian: user.uid)
            head.write(copying: keyID.span)
            head.write(bigEndian: UInt16(truncatingIfNeeded: user.name.count))
            head.write(copying: user.name.span)
        }
    }

    /// The mark for `generation`.
    static func mark(_ generation: UInt64) -> [UInt8] {
        [UInt8](capacity: markSize) { mark in
            mark.write(bigEndian: generation)
            mark.write(bigEndian: ~generation)
        }
    }

    /// What a charge is bound to.
    static func chargeBinding(_ head: [UInt8], generation: UInt64) -> [UInt8] {
        slotBinding(head, slot: 2, generation: generation)
    }

    /// What slot 0 or 1 is bound to: it cannot be moved to another user, slot or generation.
    static func slotBinding(_ head: [UInt8], slot: Int, generation: UInt64) -> [UInt8] {
        [UInt8](capacity: head.count + 9) { binding in
            binding.write(copying: head.span)
            binding.write(UInt8(truncatingIfNeeded: slot))
            binding.write(bigEndian: generation)
        }
    }

    /// Compares a file's head with the one that it should have.
    static func check(
        _ file: Span<UInt8>, against head: [UInt8], path: [UInt8]
    ) throws(StoreError) {
        if file.extracting(first: head.count).isEqual(to: head.span) { return }
        var (cursor, wanted) = (Cursor(), Cursor())
        guard cursor.uint64(file) == magic, wanted.uint64(head.span) == magic else {
            throw StoreError(.damaged, path, "not a record of this program")
        }
        guard let version = cursor.uint32(file), version == wanted.uint32(head.span) else {
            throw StoreError(.damaged, path, "its format version is unknown")
        }
        let sameNumber = cursor.uint32(file) == wanted.uint32(head.span)
        let sameKey = cursor.uint64(file) == wanted.uint64(head.span)
        if sameNumber && !sameKey {
            throw StoreError(.otherKey, path, otherKey)
        }
        let (old, new) = (try owner(file, path: path), try owner(head.span, path: path))
        guard sameNumber else {
            throw StoreError(
                .otherUser, path,
                "it is \(old.shownName)'s, of the number \(old.uid):"
                    + " `otp-enroll move \(old.uid) \(new.commandName)` where that was this user's")
        }
        let move = "`otp-enroll move \(old.uid) "
        if let number = try SystemUsers().otherNumber(of: old) {
            throw StoreError(
                .otherUser, path,
                "it is \(old.shownName)'s, who is \(number) now: \(move)\(old.commandName)`, or"
                    + " \(move)\(new.commandName)` where that is a new name")
        }
        throw StoreError(
            .otherUser, path,
            "it is \(old.shownName)'s, and \(new.shownName) has this number now:"
                + " \(move)\(new.commandName)` where that is a new name, or"
                + " `otp-enroll reset \(new.commandName)` where that is another person")
    }

    /// Whose record it is, according to its head.
    static func owner(_ head: Span<UInt8>, path: [UInt8]) throws(StoreError) -> User {
        var cursor = Cursor()
        guard cursor.uint64(head) == magic, cursor.uint32(head) == Record.formatVersion,
            let uid = cursor.uint32(head), cursor.uint64(head) != nil,
            let length = cursor.uint16(head), let name = cursor.bytes(Int(length), of: head)
        else {
            throw StoreError(.damaged, path, "its head is damaged, so its owner is unknown")
        }
        return User(name: name, uid: uid, gid: .max)
    }
}
