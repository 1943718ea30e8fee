import OTPCore

/// Proves that the audit has a row: its number, and a MAC of the fleet's master key.
///
/// Hosts keep the newest and show it with each request, so that a database which is older than a yes
/// is noticed. Of two texts the one with the greater numbers is newer.
public struct Receipt: Hashable, Sendable, Comparable {
    /// The fleet's floor when it was made; a receipt from before the last restore counts for nothing.
    let floor: UInt64
    /// The number of the audit's row.
    public let sequence: Int64
    /// The row's random number: after a restore, another row may have the same sequence.
    let mark: Int64
    private let mac: [UInt8]

    private static let macLength = 16
    /// The longest text, in bytes.
    private static let maximumLength = 20 + 1 + 19 + 1 + 2 * (8 + macLength)

    /// Makes the receipt of a row.
    init(floor: UInt64, sequence: Int64, mark: Int64, sealing: RecordSealing) {
        self.floor = floor
        self.sequence = sequence
        self.mark = mark
        mac = Receipt.mac(floor, sequence, mark, sealing.keys.current, sealing.fleet)
    }

    /// Reads the text of a receipt; `nil` unless this fleet made it.
    init?(text: String, sealing: RecordSealing) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard text.utf8.count <= Receipt.maximumLength, parts.count == 3,
            let floor = UInt64(parts[0]), let sequence = Int64(parts[1]), sequence >= 0,
            let secret = Hex.decode(Array(parts[2].utf8).span)
        else { return nil }
        let bytes = secret.withBytes { $0.array }
        var cursor = Cursor()
        guard let mark = cursor.uint64(bytes.span).map({ Int64(bitPattern: $0) }),
            let mac = cursor.bytes(Receipt.macLength, of: bytes.span),
            cursor.offset == bytes.count
        else { return nil }
        let keys = [sealing.keys.current] + sealing.keys.earlier
        // Where the first wrong byte is tells nothing: the MAC is of no use but here.
        guard keys.contains(where: { Receipt.mac(floor, sequence, mark, $0, sealing.fleet) == mac })
        else { return nil }
        (self.floor, self.sequence, self.mark, self.mac) = (floor, sequence, mark, mac)
    }

    /// `FLOOR.NUMBER.` and 48 hexadecimal digits. By the numbers a host knows which of two is newer.
    public var text: String {
        var bytes: [UInt8] = []
        bytes.append(bigEndian: mark)
        return "\(floor).\(sequence).\(Hex.text(of: bytes + mac))"
    }

    public static func < (left: Receipt, right: Receipt) -> Bool {
        (left.floor, left.sequence) < (right.floor, right.sequence)
    }

    private static func mac(
        _ floor: UInt64, _ sequence: Int64, _ mark: Int64, _ master: SealKey, _ fleet: RowID
    ) -> [UInt8] {
        guard let key = master.derived(for: "swiftotp fleet receipt") else { return [] }
        var text = fleet.bytes
        text.append(bigEndian: floor)
        text.append(bigEndian: sequence)
        text.append(bigEndian: mark)
        return key.mac(text.span, length: macLength)
    }
}
