import OTPCore

/// A parameter of a statement, sent in PostgreSQL's binary form.
public enum PostgresValue: Sendable {
    /// A `bigint`.
    case int(Int64)
    /// A `text`, in UTF-8 without zero bytes.
    case text([UInt8])
    /// A `bytea`.
    case bytes([UInt8])
    /// A `uuid`.
    case id(RowID)
    /// A `boolean`.
    case bool(Bool)
    /// No `bigint`.
    case noInt
    /// No `uuid`.
    case noID

    /// A `text`.
    static func text(_ text: String) -> PostgresValue { .text(Array(text.utf8)) }

    /// A `bigint` of Unix seconds or a count; what is too large becomes the largest.
    static func int(clamping value: some BinaryInteger) -> PostgresValue {
        .int(Int64(clamping: value))
    }

    /// The type's number in PostgreSQL's catalog (pg_type.dat), which never changes.
    var type: UInt32 {
        switch self {
        case .bool: 16
        case .bytes: 17
        case .int, .noInt: 20
        case .text: 25
        case .id, .noID: 2950
        }
    }

    /// The binary form; `nil` for NULL.
    var form: [UInt8]? {
        switch self {
        case .int(let value):
            var bytes: [UInt8] = []
            bytes.append(bigEndian: value)
            return bytes
        case .text(let bytes), .bytes(let bytes): return bytes
        case .id(let id): return id.bytes
        case .bool(let value): return [value ? 1 : 0]
        case .noInt, .noID: return nil
        }
    }
}

/// A statement with parameters `$1`, `$2` and so on.
public struct PostgresStatement: Sendable {
    /// The name that it is prepared under; empty for one that is not kept.
    let name: String
    /// The SQL.
    let text: String

    /// A statement that is parsed once for each connection. The name stands for the text: two
    /// statements never share one.
    public init(_ name: String, _ text: String) {
        self.name = name
        self.text = text
    }

    /// A statement that is parsed each time.
    public init(_ text: String) { self.init("", text) }
}

/// The rows of an answer, in binary form.
public struct PostgresRows: Sendable {
    let rows: [[[UInt8]?]]

    /// How many rows there are.
    public var count: Int { rows.count }

    /// The bytes of a field; `nil` for NULL, and for one that is not there.
    public func bytes(_ row: Int, _ column: Int) -> [UInt8]? {
        guard rows.indices.contains(row), rows[row].indices.contains(column) else { return nil }
        return rows[row][column]
    }

    /// A `bigint`; `nil` for NULL, and for anything else.
    public func int(_ row: Int, _ column: Int) -> Int64? {
        guard let bytes = bytes(row, column), bytes.count == 8 else { return nil }
        var cursor = Cursor()
        return cursor.uint64(bytes.span).map { Int64(bitPattern: $0) }
    }

    /// A `bigint` that is not negative.
    func count(_ row: Int, _ column: Int) -> UInt64? {
        int(row, column).flatMap { UInt64(exactly: $0) }
    }

    /// A `boolean`; `nil` for NULL, and for anything else.
    public func bool(_ row: Int, _ column: Int) -> Bool? {
        guard let bytes = bytes(row, column), bytes.count == 1 else { return nil }
        return bytes.first == 1
    }

    /// A `text`; `nil` for NULL.
    public func text(_ row: Int, _ column: Int) -> String? {
        bytes(row, column).map { String(decoding: $0, as: UTF8.self) }
    }

    /// A `uuid`; `nil` for NULL, and for anything else.
    public func id(_ row: Int, _ column: Int) -> RowID? {
        bytes(row, column).flatMap { RowID($0) }
    }
}
