import OTPCore

/// A JSON document that may contain keys: one copy of its bytes, wiped with its last value.
final class JSONDocument {
    fileprivate let bytes: [UInt8]
    fileprivate let nodes: [JSONNode]

    init(_ bytes: Span<UInt8>) throws(JSONParser.Stop) {
        nodes = try JSONParser(bytes).nodes
        self.bytes = bytes.array
    }

    deinit { Secret.wipe(endOf: bytes) }

    /// The outermost value.
    var root: JSONValue { JSONValue(document: self, index: 0) }
}

/// A value of a JSON document. It must have the type that is asked for, and a member that is asked
/// for must not occur twice.
struct JSONValue {
    fileprivate let document: JSONDocument
    fileprivate let index: Int

    private var node: JSONNode { document.nodes[index] }

    /// Its type.
    var kind: JSONNode.Kind { node.kind }

    // MARK: By itself

    /// The values of a list; none for any other type.
    var elements: [JSONValue] {
        guard kind == .list else { return [] }
        var elements: [JSONValue] = []
        var index = index + 1
        while index < Int(node.next) {
            elements.append(JSONValue(document: document, index: index))
            index = Int(document.nodes[index].next)
        }
        return elements
    }

    /// The contents of a string; `nil` for any other type. The caller wipes them if they may be a
    /// key.
    var text: [UInt8]? {
        guard kind == .text else { return nil }
        let bytes = document.bytes
        return JSONText.decode(bytes.span.extracting(Int(node.start)..<Int(node.end)))
    }

    /// A whole number; `nil` for any other type, or beyond 64 bits.
    var integer: Int64? {
        guard kind == .number else { return nil }
        let bytes = document.bytes
        return Text.signed(bytes.span.extracting(Int(node.start)..<Int(node.end)))
    }

    /// Whether it is `true`.
    var isTrue: Bool { kind == .boolean && node.end - node.start == 4 }

    // MARK: Members of an object

    /// The member with this name; `nil` if there is none, or it is null.
    func member(_ name: StaticString) throws(Refusal) -> JSONValue? {
        guard kind == .object else { return nil }
        let bytes = document.bytes
        var found: JSONValue?
        var index = index + 1
        while index + 1 < Int(node.next) {
            let label = document.nodes[index]
            let range = Int(label.start)..<Int(label.end)
            if JSONValue.says(bytes.span.extracting(range), name) {
                guard found == nil else { throw Refusal("\(name) is given twice") }
                found = JSONValue(document: document, index: index + 1)
            }
            index = Int(document.nodes[index + 1].next)
        }
        return found?.kind == .null ? nil : found
    }

    private static func says(_ label: Span<UInt8>, _ name: StaticString) -> Bool {
        if Text.equal(label, name) { return true }
        for index in label.indices where label[index] == UInt8(ascii: "\\") {
            let decoded = JSONText.decode(label)
            return Text.equal(decoded.span, name)
        }
        return false
    }

    /// A required member that must be a list.
    func list(_ name: StaticString) throws(Refusal) -> [JSONValue] {
        guard let member = try member(name), member.kind == .list else {
            throw Refusal("it has no list of \(name)")
        }
        return member.elements
    }

    /// A string, if there is one. The caller wipes it if it may be a key.
    func text(_ name: StaticString) throws(Refusal) -> [UInt8]? {
        guard let member = try member(name) else { return nil }
        guard let text = member.text else { throw Refusal("\(name) is not a text") }
        return text
    }

    /// A whole number of at least 0, if there is one.
    func number(_ name: StaticString) throws(Refusal) -> UInt64? {
        guard let member = try member(name) else { return nil }
        guard let number = member.integer.flatMap(UInt64.init(exactly:)) else {
            throw Refusal("\(name) is not a whole number of 0 or more")
        }
        return number
    }
}

extension ImportResult {
    /// Reads a JSON document; a refusal by `body` applies to the file as a whole.
    static func ofJSON(
        _ bytes: Span<UInt8>,
        _ body: (JSONValue, inout ImportResult) throws(Refusal) -> Void
    ) -> ImportResult {
        if let complaint = ImportLimits.complaint(about: bytes, limit: ImportLimits.fileSize) {
            return ImportResult(complaint)
        }
        var result = ImportResult()
        let document: JSONDocument
        do throws(JSONParser.Stop) {
            document = try JSONDocument(bytes)
        } catch {
            result.report(.line(error.line), error.sentence)
            return result
        }
        do throws(Refusal) {
            try body(document.root, &result)
        } catch {
            result.report(.file, error.sentence)
        }
        return result
    }
}
