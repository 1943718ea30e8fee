import OTPCore

/// What is sealed in a user's row. It contains keys, and is wiped with the last reference to it.
package final class SealedRow {
    /// The encoded record; `nil` if it was removed.
    var record: [UInt8]?
    /// The request that changed it last, and its host; `nil` for none.
    var last: Request?
    /// The reply to that request.
    var reply: [UInt8] = []
    /// What the fleet's floor was when it was written, in Unix seconds.
    var floor: UInt64

    /// One request of one host.
    struct Request: Equatable {
        /// The request's id.
        let id: RowID
        /// The host's id.
        let host: RowID
    }

    /// The longest reply, in bytes.
    static let maximumReplyLength = 65_536
    private static let version: UInt8 = 1

    package init(record: [UInt8]?, floor: UInt64) {
        self.record = record
        self.floor = floor
    }

    deinit {
        if let record { Secret.wipe(endOf: record) }
        // Whoever sends it has it as well, and keeps a copy then.
        Secret.wipe(&reply)
    }

    /// The bytes, which contain keys: the caller wipes them.
    var encoded: [UInt8] {
        let room = 1 + 8 + 1 + 2 * RowID.length + 4 + reply.count + 1 + (record?.count ?? 0)
        return [UInt8](capacity: room) { bytes in
            bytes.write(SealedRow.version)
            bytes.write(bigEndian: floor)
            bytes.write(last == nil ? 0 : 1)
            if let last {
                bytes.write(copying: last.id.bytes.span)
                bytes.write(copying: last.host.bytes.span)
            }
            bytes.write(bigEndian: UInt32(truncatingIfNeeded: reply.count))
            bytes.write(copying: reply.span)
            bytes.write(record == nil ? 0 : 1)
            if let record { bytes.write(copying: record.span) }
        }
    }

    /// Reads what `encoded` wrote; `nil` for anything else.
    init?(decoding bytes: Span<UInt8>) {
        var cursor = Cursor()
        guard cursor.byte(bytes) == SealedRow.version, let floor = cursor.uint64(bytes),
            let hasRequest = cursor.byte(bytes), hasRequest <= 1
        else { return nil }
        if hasRequest == 1 {
            guard let id = cursor.bytes(RowID.length, of: bytes).flatMap({ RowID($0) }),
                let host = cursor.bytes(RowID.length, of: bytes).flatMap({ RowID($0) })
            else { return nil }
            last = Request(id: id, host: host)
        }
        guard let length = cursor.uint32(bytes), let reply = cursor.bytes(Int(length), of: bytes),
            let hasRecord = cursor.byte(bytes), hasRecord <= 1
        else { return nil }
        let rest = bytes.extracting(cursor.offset...)
        guard hasRecord == 1 || rest.isEmpty else { return nil }
        self.reply = reply
        self.floor = floor
        record = hasRecord == 1 ? rest.array : nil
    }
}
