import CPostgres
import OTPCore

/// A result of libpq's, freed with it. It has unsafe code.
@safe
final class PostgresResult {
    private let handle: OpaquePointer

    init(owning handle: OpaquePointer) { unsafe self.handle = handle }

    deinit {
        // SAFETY: the result is ours, and not used after this.
        unsafe PQclear(handle)
    }

    /// What went wrong; `nil` if nothing did.
    var failure: PostgresFailure? {
        // SAFETY: the result is open, and what it says is copied at once.
        switch unsafe PQresultStatus(handle) {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK: return nil
        default:
            return PostgresFailure(
                state: field(PostgresResult.state),
                message: unsafe PostgresConnection.message(of: handle))
        }
    }

    /// Whether it is no statement's, but says that everything before it has ended.
    var isSynchronization: Bool {
        // SAFETY: the result is open.
        unsafe PQresultStatus(handle) == PGRES_PIPELINE_SYNC
    }

    /// Whether the server has undone the statement and goes on (ERROR, not FATAL or PANIC).
    var isError: Bool { field(PostgresResult.severity) == "ERROR" }

    /// `PG_DIAG_SQLSTATE` and `PG_DIAG_SEVERITY_NONLOCALIZED`, which are characters in C.
    private static let state = CInt(UInt8(ascii: "C"))
    private static let severity = CInt(UInt8(ascii: "V"))

    private func field(_ code: CInt) -> String {
        // SAFETY: as above.
        unsafe PQresultErrorField(handle, code).map { unsafe String(cString: $0) } ?? ""
    }

    /// A copy of the rows.
    var rows: PostgresRows {
        // SAFETY: rows and columns are within what the result says it has, and so are the bytes.
        let width = max(0, unsafe PQnfields(handle))
        let rows = (0..<max(0, unsafe PQntuples(handle))).map { row in
            (0..<width).map { column -> [UInt8]? in
                guard unsafe PQgetisnull(handle, row, column) == 0,
                    let start = unsafe PQgetvalue(handle, row, column)
                else { return nil }
                let count = max(0, Int(unsafe PQgetlength(handle, row, column)))
                return unsafe Array(UnsafeRawBufferPointer(start: start, count: count))
            }
        }
        return PostgresRows(rows: rows)
    }
}

extension PostgresConnection {
    /// What a result says, in one line.
    static func message(of result: OpaquePointer) -> String {
        // SAFETY: libpq's own text, which is copied at once.
        let text = unsafe PQresultErrorMessage(result).map { unsafe String(cString: $0) } ?? ""
        return oneLine(text, "an answer without a text")
    }

    /// The lines of a message in one, without what could steer a terminal.
    static func oneLine(_ text: String, _ otherwise: String) -> String {
        let words = text.unicodeScalars.split { $0.value <= 0x20 || $0.value == 0x7f }
        let line = words.map { String(String.UnicodeScalarView($0)) }.joined(separator: " ")
        return line.isEmpty ? otherwise : line
    }
}
