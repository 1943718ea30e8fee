import OTPCore

/// What the bytes of a record file say: which slot counts, and its contents.
struct RecordContents: ~Copyable {
    let head: [UInt8]
    /// The key that it is sealed with.
    let key: SealKey
    var record: Record
    let generation: UInt64
    let slot: Int
    let settled: UInt64
    /// The slot that counts, byte for byte, if it is not known to be on the disk.
    let unsettled: [UInt8]

    /// Reads a whole file. Everything is checked before any of it is used; docs/FILEFORMAT.md has
    /// the rules that distinguish a torn slot from a damaged record.
    init(
        _ file: [UInt8], of user: User, in store: Store, path: [UInt8]
    ) throws(StoreError) {
        let id = RecordLayout.keyIDOffset..<RecordLayout.keyIDOffset + SealKey.idLength
        let key = try store.key(named: file.span.extracting(id).array)
        let head = RecordLayout.head(of: user, keyID: key.id)
        try RecordLayout.check(file.span, against: head, path: path)
        var cursor = Cursor()
        let chargeStart = RecordLayout.chargeOffset
        let chargeEnd = chargeStart + RecordLayout.chargeSize
        let mark = file.span.extracting(RecordLayout.markOffset..<chargeStart)
        let charged = SealedPart.generation(file, at: chargeStart)
        guard let settled = cursor.uint64(mark), cursor.uint64(mark) == ~settled,
            System.isZero(file, head.count..<RecordLayout.markOffset),
            System.isZero(file, chargeEnd..<RecordLayout.blockSize)
        else { throw RecordContents.damaged(path) }

        let first = SealedPart.generation(file, at: RecordLayout.slotOffset(0))
        let second = SealedPart.generation(file, at: RecordLayout.slotOffset(1))
        var slot = second > first ? 1 : 0
        for generation in [max(first, second), min(first, second)] {
            // Anything older than what has reached the disk must not come back: its used codes
            // would be good again.
            guard generation > 0, generation >= settled, generation >= charged else { break }
            let start = RecordLayout.slotOffset(slot)
            let binding = RecordLayout.slotBinding(head, slot: slot, generation: generation)
            guard
                var plain = SealedPart.open(
                    file, start..<start + RecordLayout.blockSize, with: key, binding: binding)
            else {
                slot = 1 - slot
                continue
            }
            defer { Secret.wipe(&plain) }
            guard var record = Record(decoding: plain.span) else { break }
            if charged == generation {
                record.throttle = try RecordContents.throttle(
                    file, chargeStart..<chargeEnd, generation: charged, head: head, key: key,
                    path: path)
            }
            self.head = head
            self.key = key
            self.record = record
            self.generation = generation
            self.slot = slot
            self.settled = settled
            let end = start + RecordLayout.blockSize
            unsettled = settled == generation ? [] : file.span.extracting(start..<end).array
            return
        }
        throw RecordContents.damaged(path)
    }

    /// The throttle's state in a charge that still counts: one made after the last commit.
    private static func throttle(
        _ file: [UInt8], _ range: Range<Int>, generation: UInt64, head: [UInt8], key: SealKey,
        path: [UInt8]
    ) throws(StoreError) -> Throttle {
        let binding = RecordLayout.chargeBinding(head, generation: generation)
        var cursor = Cursor()
        guard let plain = SealedPart.open(file, range, with: key, binding: binding),
            let throttle = Throttle(decoding: plain.span, &cursor), cursor.offset == plain.count
        else { throw damaged(path) }
        return throttle
    }

    private static func damaged(_ path: [UInt8]) -> StoreError {
        StoreError(
            .damaged, path,
            "it is damaged or was tampered with; restore it, or remove it and enroll again")
    }
}
