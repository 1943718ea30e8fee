/// Builds elements from the parser's events, within limits, and passes each complete part of the
/// document on, so that a large file is never in memory as a whole tree.
///
/// The functions return why the parser has to stop, or `nil` to go on.
final class XMLBuilder {
    /// The most parts that the document may have.
    static let maximumParts = 2 * ImportResult.maximumTokens
    /// The longest name or value of an attribute, in bytes, and the most attributes.
    static let maximumName = 512
    static let maximumAttributes = 16

    /// The root's name, once it has been seen.
    private(set) var root: String?
    private let form: XMLForm
    private var open: [XMLElement] = []
    private var elements = 0
    private var parts = 0
    private var depth = 0
    /// How deep we are in an element that is skipped.
    private var skipped = 0
    /// Gets the parts, each with the line that it ended on; returns whether to go on.
    private let finished: (XMLElement, Int) -> Bool

    /// `finished` is called with each part.
    init(_ form: XMLForm, _ finished: @escaping (XMLElement, Int) -> Bool) {
        self.form = form
        self.finished = finished
    }

    func start(_ element: XMLElement) -> String? {
        depth += 1
        if depth > form.maximumDepth { return "elements are nested too deeply" }
        if depth == 1 {
            root = element.name
            return element.name == form.root ? nil : form.otherRoot
        }
        if skipped > 0 || !open.isEmpty && form.passedOver.contains(element.name) {
            skipped += 1
            return nil
        }
        // Outside any part.
        if let part = form.part, open.isEmpty, element.name != part { return nil }
        elements += 1
        if elements > form.maximumElements { return "a part has too many elements" }
        open.last?.append(element)
        open.append(element)
        return nil
    }

    func text(_ bytes: Span<UInt8>) -> String? {
        guard skipped == 0, let element = open.last else { return nil }
        if bytes.count > form.maximumText - element.textLength {
            return "the text of an element is too long"
        }
        element.append(text: bytes)
        return nil
    }

    func end(line: Int) -> String? {
        depth -= 1
        guard skipped == 0 else {
            skipped -= 1
            return nil
        }
        guard let element = open.popLast(), open.isEmpty else { return nil }
        elements = 0
        parts += 1
        if parts > XMLBuilder.maximumParts { return "it has too many parts" }
        return finished(element, line) ? nil : "the rest is left"
    }
}
