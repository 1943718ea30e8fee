import OTPCore

/// A MAC over what a row that is not sealed says somebody may do: of a host, an invite or a role.
///
/// Its key comes from the master key, which is not in the database: whoever can write the tables
/// cannot give a right. An old row with its old proof can be put back.
struct RowProof: Equatable, Sendable {
    /// The id of the master key.
    let keyID: [UInt8]
    let mac: [UInt8]

    /// The columns of it.
    static let columns = "key_id, mac"
    fileprivate static let macLength = 32

    init(keyID: [UInt8], mac: [UInt8]) { (self.keyID, self.mac) = (keyID, mac) }

    /// Reads `columns`, from `first` on.
    init?(_ rows: PostgresRows, _ row: Int, first: Int) {
        guard let keyID = rows.bytes(row, first), let mac = rows.bytes(row, first + 1) else {
            return nil
        }
        self.init(keyID: keyID, mac: mac)
    }

    /// The values of `columns`.
    var values: [PostgresValue] { [.bytes(keyID), .bytes(mac)] }
}

/// What a proof is over.
protocol ProvenRow {
    /// What kind of row it is: part of the key.
    static var purpose: StaticString { get }
    /// Everything that counts, in this order.
    var fields: [[UInt8]] { get }
}

extension RecordSealing {
    /// Proves a row under the current master key.
    func prove(_ row: some ProvenRow) throws(StoreError) -> RowProof {
        guard let mac = mac(of: row, keys.current) else {
            throw StoreError(.system, [], "the key of a row cannot be made")
        }
        return RowProof(keyID: keyID, mac: mac)
    }

    /// Whether a row is what was stored.
    func accepts(_ proof: RowProof, of row: some ProvenRow) -> Bool {
        guard let master = keys.named(proof.keyID), let mac = mac(of: row, master) else {
            return false
        }
        // Where the first wrong byte is tells nothing: the database has all of them.
        return mac == proof.mac
    }

    private func mac<Row: ProvenRow>(of row: Row, _ master: SealKey) -> [UInt8]? {
        var text = fleet.bytes
        for field in row.fields {
            text.append(bigEndian: UInt32(clamping: field.count))
            text += field
        }
        return master.derived(for: Row.purpose)?.mac(text.span, length: RowProof.macLength)
    }
}

extension [UInt8] {
    /// The eight bytes of a number.
    init(bigEndian number: UInt64) {
        self.init()
        append(bigEndian: number)
    }
}
