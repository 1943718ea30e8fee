import CExpat
import Glibc

/// expat behind an `XMLBuilder`: with namespaces, and with no access to anything but the given
/// bytes.
///
/// A document type declaration ends the parse before anything in it is read, so there are no
/// entities but XML's five, and nothing to expand or fetch; expat itself opens no files or
/// connections.
///
/// This file and `PSKCCryptography.swift` are the only ones in OTPImport with unsafe code.
@safe
final class XMLParser {
    /// Why a parse ended early, and where.
    struct Stop {
        let line: Int
        let reason: String
    }

    private let parser: OpaquePointer
    private let builder: XMLBuilder
    private var reason: String?

    /// `nil` if memory is short.
    private init?(_ builder: XMLBuilder) {
        // SAFETY: no encoding is forced; a namespace's name cannot contain a blank.
        guard let parser = unsafe XML_ParserCreateNS(nil, XML_Char(UInt8(ascii: " "))) else {
            return nil
        }
        unsafe self.parser = parser
        self.builder = builder
    }

    deinit {
        // SAFETY: made in `init`, freed once.
        unsafe XML_ParserFree(parser)
    }

    /// Parses a whole document; `nil` if it succeeds.
    static func parse(_ bytes: Span<UInt8>, into builder: XMLBuilder) -> Stop? {
        guard let length = Int32(exactly: bytes.count), let parser = XMLParser(builder) else {
            return Stop(line: 1, reason: "out of memory")
        }
        return parser.parse(bytes, length)
    }

    private func parse(_ bytes: Span<UInt8>, _ length: Int32) -> Stop? {
        connect()
        // SAFETY: the buffer is `length` bytes long, expat's, and lives as long as the parser. It
        // is the one copy that expat makes of the whole text, keys included: wiped here.
        guard let buffer = unsafe XML_GetBuffer(parser, length) else {
            return Stop(line: 1, reason: "out of memory")
        }
        unsafe bytes.withUnsafeBytes { source in
            if let start = source.baseAddress { unsafe _ = memcpy(buffer, start, source.count) }
        }
        // SAFETY: the handlers take `self` unretained: it lives until this function returns.
        let status = unsafe XML_ParseBuffer(parser, length, Int32(XML_TRUE))
        let line = unsafe Int(clamping: swiftotp_xml_line(parser))
        unsafe explicit_bzero(buffer, bytes.count)
        if let reason { return Stop(line: line, reason: reason) }
        if status == XML_STATUS_OK { return nil }
        return Stop(line: line, reason: "it is not well-formed XML")
    }

    /// Ends the parse with a reason.
    private func stop(_ reason: String?) {
        guard let reason, self.reason == nil else { return }
        self.reason = reason
        // SAFETY: called from inside a handler of this parser, as expat asks.
        _ = unsafe XML_StopParser(parser, XML_Bool(XML_FALSE))
    }

    private static func this(_ data: UnsafeMutableRawPointer?) -> XMLParser? {
        // SAFETY: the pointer is the one set by `connect`, in a parser that is alive.
        unsafe data.map { unsafe Unmanaged<XMLParser>.fromOpaque($0).takeUnretainedValue() }
    }

    private func connect() {
        // SAFETY: expat calls the handlers only during `parse`, on this thread, with the pointer
        // set here; their other pointers live as long as each call.
        unsafe XML_SetUserData(parser, Unmanaged.passUnretained(self).toOpaque())
        unsafe XML_SetStartDoctypeDeclHandler(parser) { data, _, _, _, _ in
            unsafe XMLParser.this(data)?.stop("it has a document type, which is not read")
        }
        unsafe XML_SetElementHandler(
            parser,
            { data, name, attributes in
                guard let this = unsafe XMLParser.this(data), this.reason == nil else { return }
                if let element = unsafe this.element(name, attributes) {
                    this.stop(this.builder.start(element))
                } else {
                    this.stop("a name or an attribute is too long")
                }
            },
            { data, _ in
                guard let this = unsafe XMLParser.this(data), this.reason == nil else { return }
                let line = unsafe Int(clamping: swiftotp_xml_line(this.parser))
                this.stop(this.builder.end(line: line))
            })
        unsafe XML_SetCharacterDataHandler(parser) { data, text, length in
            guard let this = unsafe XMLParser.this(data), this.reason == nil, let text = unsafe text
            else { return }
            let raw = unsafe UnsafeRawBufferPointer(start: text, count: max(0, Int(length)))
            let bytes = unsafe Span<UInt8>(_unsafeBytes: raw)
            this.stop(this.builder.text(bytes))
        }
    }

    /// The element of a start tag: names and values are UTF-8 C strings, the attributes a list of
    /// both in turn that ends with a null. `nil` if they are too many or too long.
    private func element(
        _ name: UnsafePointer<XML_Char>?, _ list: UnsafeMutablePointer<UnsafePointer<XML_Char>?>?
    ) -> XMLElement? {
        guard let name = unsafe XMLParser.string(name), let list = unsafe list else { return nil }
        var attributes: [String: String] = [:]
        var index = 0
        // SAFETY: read up to the null that ends the list, and never beyond the limit.
        while let key = unsafe list[index] {
            guard index / 2 < XMLBuilder.maximumAttributes, let key = unsafe XMLParser.string(key),
                let value = unsafe XMLParser.string(list[index + 1])
            else { return nil }
            attributes[key] = value
            index += 2
        }
        return XMLElement(name: name, attributes: attributes)
    }

    private static func string(_ text: UnsafePointer<XML_Char>?) -> String? {
        // SAFETY: a C string of expat's, alive during the handler.
        guard let text = unsafe text,
            unsafe strnlen(text, XMLBuilder.maximumName + 1)
                <= XMLBuilder.maximumName
        else { return nil }
        return unsafe String(cString: text)
    }
}
