import OTPCore

/// What the bytes of a record file say: which slot counts, and what is in it.
struct RecordContents: ~Copyable {
    let head: [UInt8]
    var record: Record
    let generation: UInt64
    let slot: Int
    let settled: UInt64

    /// Reads a whole file. Everything is checked before any of it counts; the rules by which a
    /// torn slot is told from a damaged record are those of docs/FILEFORMAT.md.
    init(
        _ file: [UInt8], of user: User, in store: Store, path: [UInt8]
    ) throws(StoreError) {
        let head = RecordLayout.head(of: user, keyID: try store.keyID())
        try RecordLayout.check(file.span, against: head, user: user, path: path)
        let cellEnd = RecordLayout.cellOffset + RecordLayout.cellSize
        guard System.isZero(file, head.count..<RecordLayout.cellOffset),
            System.isZero(file, cellEnd..<RecordLayout.blockSize),
            let cell = try SealedPart.open(
                file, RecordLayout.cellOffset..<cellEnd, in: store,
                binding: RecordLayout.cellBinding(head)
            ).flatMap({ ChargeCell(decoding: $0) })
        else { throw RecordContents.damaged(path) }

        let generations = [
            RecordContents.generation(file, slot: 0), RecordContents.generation(file, slot: 1),
        ]
        let newest = generations[1] > generations[0] ? 1 : 0
        for slot in [newest, 1 - newest] {
            let generation = generations[slot]
            // What is older than something that reached the disk must not come back: its used
            // codes would count again.
            guard generation > 0, generation >= cell.settled,
                generation >= cell.charge?.generation ?? 0
            else { break }
            guard
                var record = try RecordContents.slot(
                    file, slot, generation: generation, head: head, store: store)
            else { continue }
            if let charge = cell.charge, charge.generation == generation {
                record.throttle = charge.throttle
            }
            self.head = head
            self.record = record
            self.generation = generation
            self.slot = slot
            self.settled = cell.settled
            return
        }
        throw RecordContents.damaged(path)
    }

    private static func generation(_ file: [UInt8], slot: Int) -> UInt64 {
        var cursor = Cursor()
        let start = RecordLayout.slotOffset(slot)
        return cursor.uint64(file.span.extracting(start..<start + 8)) ?? 0
    }

    private static func slot(
        _ file: [UInt8], _ slot: Int, generation: UInt64, head: [UInt8], store: Store
    ) throws(StoreError) -> Record? {
        let start = RecordLayout.slotOffset(slot)
        let range = start + RecordLayout.slotHead..<start + RecordLayout.blockSize
        let binding = RecordLayout.slotBinding(head, slot: slot, generation: generation)
        guard var plain = try SealedPart.open(file, range, in: store, binding: binding)
        else { return nil }
        defer { Secret.wipe(&plain) }
        return Record(decoding: plain.span)
    }

    private static func damaged(_ path: [UInt8]) -> StoreError {
        StoreError(
            .damaged, path,
            "it is damaged or was tampered with; restore it, or remove it to enroll anew")
    }
}
