/// One result, as one line of JSON. Text is bytes here, not characters: every byte that is not
/// printable ASCII is written as `\u00XX`, so that everything a module says comes through
/// unchanged.
struct JSONLine {
    private var bytes: [UInt8] = [UInt8(ascii: "{")]

    /// The finished line, with its newline.
    var line: [UInt8] { bytes + [UInt8(ascii: "}"), UInt8(ascii: "\n")] }

    /// The finished object, to be nested in another.
    var object: [UInt8] { bytes + [UInt8(ascii: "}")] }

    mutating func add(_ key: String, _ number: Int) {
        start(key)
        bytes += Array(String(number).utf8)
    }

    mutating func add(_ key: String, _ text: String) {
        add(key, bytes: Array(text.utf8))
    }

    mutating func add(_ key: String, bytes text: [UInt8]) {
        start(key)
        bytes += Self.quoted(text)
    }

    /// `values` are finished pieces of JSON.
    mutating func add(_ key: String, list values: [[UInt8]]) {
        start(key)
        bytes.append(UInt8(ascii: "["))
        for (index, value) in values.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes += value
        }
        bytes.append(UInt8(ascii: "]"))
    }

    /// `text` as a JSON string, quotes included.
    static func quoted(_ text: [UInt8]) -> [UInt8] {
        let quote = UInt8(ascii: "\"")
        let backslash = UInt8(ascii: "\\")
        let hex = Array("0123456789abcdef".utf8)
        var out = [quote]
        for byte in text {
            switch byte {
            case quote, backslash:
                out += [backslash, byte]
            case 0x20...0x7E:
                out.append(byte)
            default:
                out += Array("\\u00".utf8)
                out += [hex[Int(byte >> 4)], hex[Int(byte & 15)]]
            }
        }
        out.append(quote)
        return out
    }

    private mutating func start(_ key: String) {
        if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
        bytes += Self.quoted(Array(key.utf8))
        bytes.append(UInt8(ascii: ":"))
    }
}
