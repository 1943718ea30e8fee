/// A JSON value (RFC 8259) for scripts: plain ASCII, so that no locale and no terminal can misread
/// it.
public enum JSON: Sendable {
    /// No value.
    case null
    /// `true` or `false`.
    case bool(Bool)
    /// A whole number.
    case number(Int64)
    /// A string.
    case text(String)
    /// An array.
    case list([JSON])
    /// An object.
    case members([Member])

    /// A member of an object.
    public struct Member: Sendable {
        let name: String
        let value: JSON

        /// A member of this name.
        public init(_ name: String, _ value: JSON) {
            self.name = name
            self.value = value
        }
    }

    /// An object with these members.
    public static func object(_ members: KeyValuePairs<String, JSON>) -> JSON {
        .members(members.map { Member($0.key, $0.value) })
    }

    /// A time, Unix seconds, as in RFC 3339.
    public static func time(_ seconds: UInt64) -> JSON { .text(CivilTime(seconds).timestamp) }

    /// A count.
    public static func count(_ value: Int) -> JSON { .number(Int64(value)) }

    /// The value on lines of its own, without a final newline.
    public var lines: String { written(indent: "") }

    /// The same, with the indentation of its first line.
    public func lines(indentedBy indent: String) -> String { written(indent: indent) }

    private func written(indent: String) -> String {
        let inner = indent + "  "
        switch self {
        case .null: return "null"
        case .bool(let value): return value ? "true" : "false"
        case .number(let value): return String(value)
        case .text(let value): return JSON.quoted(value)
        case .list(let values):
            return JSON.enclosed(values.map { $0.written(indent: inner) }, "[", "]", indent)
        case .members(let members):
            let written = members.map {
                JSON.quoted($0.name) + ": " + $0.value.written(indent: inner)
            }
            return JSON.enclosed(written, "{", "}", indent)
        }
    }

    private static func enclosed(
        _ parts: [String], _ open: String, _ close: String, _ indent: String
    ) -> String {
        guard !parts.isEmpty else { return open + close }
        let separator = ",\n" + indent + "  "
        return open + "\n" + indent + "  " + parts.joined(separator: separator) + "\n" + indent
            + close
    }

    /// A string in quotes; everything but printable ASCII as `\uXXXX` in UTF-16.
    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for unit in text.utf16 {
            switch unit {
            case 0x22: quoted += "\\\""
            case 0x5c: quoted += "\\\\"
            case 0x20...0x7e: quoted.unicodeScalars.append(Unicode.Scalar(UInt8(unit)))
            default:
                let digits = String(unit, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }
        }
        return quoted + "\""
    }
}
