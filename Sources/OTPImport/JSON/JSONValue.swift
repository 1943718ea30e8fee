import OTPCore

/// A JSON document that may hold keys: one copy of its bytes, wiped with its last value.
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

/// A value of a JSON document. What is asked for has to be of the right kind, and no name of an
/// object that is asked for may stand in it twice.
struct JSONValue {
    fileprivate let document: JSONDocument
    fileprivate let index: Int

    private var node: JSONNode { document.nodes[index] }

    /// What it is.
    var kind: JSONNode.Kind { node.kind }

    // MARK: By itself

    /// The values of a list; none of anything else.
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

    /// What a text says. To be wiped where it may be a key. `nil` for anything else.
    var text: [UInt8]? {
        guard kind == .text else { return nil }
        let bytes = document.bytes
        return JSONText.decode(bytes.span.extracting(Int(node.start)..<Int(node.end)))
    }

    /// A whole number; `nil` for anything else, and outside 64 bits.
    var integer: Int64? {
        guard kind == .number else { return nil }
        let bytes = document.bytes
        return Text.signed(bytes.span.extracting(Int(node.start)..<Int(node.end)))
    }

    /// Whether it is `true`.
    var isTrue: Bool { kind == .boolean && node.end - node.start == 4 }

    // MARK: Of an object

    /// The member of this name; `nil` where there is none, or it is null.
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

    /// A member that has to be there and a list.
    func list(_ name: StaticString) throws(Refusal) -> [JSONValue] {
        guard let member = try member(name), member.kind == .list else {
            throw Refusal("it has no list of \(name)")
        }
        return member.elements
    }

    /// A text, where there is one. To be wiped where it may be a key.
    func text(_ name: StaticString) throws(Refusal) -> [UInt8]? {
        guard let member = try member(name) else { return nil }
        guard let text = member.text else { throw Refusal("\(name) is not a text") }
        return text
    }

    /// A whole number of 0 or more, where there is one.
    func number(_ name: StaticString) throws(Refusal) -> UInt64? {
        guard let member = try member(name) else { return nil }
        guard let number = member.integer.flatMap(UInt64.init(exactly:)) else {
            throw Refusal("\(name) is not a whole number of 0 or more")
        }
        return number
    }
}

extension ImportResult {
    /// Reads a JSON document; what `body` refuses is wrong with the file as a whole.
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
