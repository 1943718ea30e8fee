// A whole record file, opened with a fixed key.

/// The first byte selects how the file is made: a valid one with some bytes changed, or one with
/// properly sealed parts whose contents come from the input.
func fuzzFile(_ input: [UInt8]) {
    var tape = Tape(input)
    let kind = tape.byte()
    if kind & 1 == 0 {
        var bytes = Scene.files[1 + Int(kind >> 1) % (Scene.recordCount - 1)] ?? []
        while !tape.isOver {
            let place = Int(tape.uint16()) % bytes.count
            for (index, byte) in tape.text().enumerated() where place + index < bytes.count {
                bytes[place + index] = byte
            }
        }
        check(bytes, is: nil)
    } else {
        let file = MadeFile(&tape, isOpen: kind & 2 == 2)
        check(file.bytes, is: .some(file.meaning))
    }
}

/// A file made of parts, and which of them must count (docs/FILEFORMAT.md).
private struct MadeFile {
    private(set) var bytes: [UInt8] = []
    /// The record's count of postponed enrollments, which identifies the part, and its failures;
    /// `nil` for a file that must not open.
    private(set) var meaning: (putOff: UInt8, failures: UInt32)?

    init(_ tape: inout Tape, isOpen: Bool) {
        let head = RecordLayout.head(of: Scene.alice, keyID: Scene.sealKey.id)
        bytes = head + [UInt8](repeating: 0, count: RecordLayout.fileSize - head.count)
        let settled = UInt64(tape.byte() & 7)
        put(RecordLayout.mark(settled), at: RecordLayout.markOffset)
        let charged = UInt64(tape.byte() & 7)
        let chargeState = tape.byte() & 3
        if charged > 0 {
            var throttle = Throttle()
            throttle.shared = Throttle.Counter(failures: 42, last: Scene.now)
            var plain = throttle.encoded
            let binding = RecordLayout.chargeBinding(head, generation: charged)
            put(part(&plain, charged, binding, chargeState), at: RecordLayout.chargeOffset)
        }
        var good: [UInt64?] = []
        var generations: [UInt64] = []
        for slot in 0...1 {
            let (generation, state) = (UInt64(tape.byte() & 7), tape.byte() & 3)
            var record = Record()
            record.timesPutOff = UInt8(generation) * 2 + UInt8(slot)
            var plain = record.encoded
            let binding = RecordLayout.slotBinding(head, slot: slot, generation: generation)
            put(part(&plain, generation, binding, state), at: RecordLayout.slotOffset(slot))
            generations.append(generation)
            good.append(state == 0 ? generation : nil)
        }
        // The newest complete slot, unless something says that a newer one was on the disk.
        let newest = generations[1] > generations[0] ? 1 : 0
        for slot in [newest, 1 - newest] {
            guard generations[slot] > 0, generations[slot] >= max(settled, charged) else { return }
            guard good[slot] != nil else { continue }
            let isCharged = charged == generations[slot]
            if isCharged && chargeState != 0 { return }
            let putOff = UInt8(generations[slot]) * 2 + UInt8(slot)
            meaning = (putOff, isCharged ? 42 : 0)
            return
        }
    }

    /// A sealed part; with a state other than 0, a truncated or changed one.
    private func part(
        _ plain: inout [UInt8], _ generation: UInt64, _ binding: [UInt8], _ state: UInt8
    ) -> [UInt8] {
        Scene.on(Scene.bareKernel()) {
            do throws(StoreError) {
                var part = try SealedPart.seal(
                    &plain, generation: generation, with: Store(path: nil).key(), binding: binding,
                    path: [])
                switch state {
                case 1: part.removeLast(20)
                case 2: part[part.count - 1] ^= 1
                case 3: part[12] ^= 0x80
                default: break
                }
                return part
            } catch {
                mistake("nothing is sealed")
            }
        }
    }

    private mutating func put(_ part: [UInt8], at offset: Int) {
        bytes.replaceSubrange(offset..<offset + part.count, with: part)
    }
}

/// Opens a file. The result must match `meaning`, if that is known; a record that opens must
/// survive the next commit, and open again.
private func check(_ bytes: [UInt8], is meaning: (putOff: UInt8, failures: UInt32)??) {
    let machine = Scene.bareKernel()
    let file = machine.put("/var/lib/swiftotp/1000", bytes)
    file.isWritable = true
    let look = Look(at: Scene.alice, on: machine, disk: false)
    if let meaning {
        expect(look.summary?.timesPutOff == meaning?.putOff, "another slot counts")
        expect(look.summary?.throttle.failures == meaning?.failures, "another charge counts")
    }
    guard let summary = look.summary else { return }
    var changed: Summary?
    Scene.on(machine) {
        do throws(StoreError) {
            guard let session = try Store(path: nil).open(Scene.alice) else {
                mistake("a record that is gone")
            }
            session.withRecord {
                expect(Summary($0) == summary, "a record that is another to a writer")
                $0.timesPutOff ^= 1
                changed = Summary($0)
            }
            try session.commit()
        } catch {
            // The last possible generation.
            expect(error.code == .damaged, "a record that cannot be written")
            changed = nil
        }
    }
    guard let changed else { return }
    for disk in [false, true] {
        let again = Look(at: Scene.alice, on: machine, disk: disk)
        expect(again.summary == changed, "what is written is not what is read")
    }
}
