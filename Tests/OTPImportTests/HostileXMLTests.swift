import Foundation
import OTPCore
import TestSupport
import Testing

@testable import OTPImport

@Suite("Hostile XML")
struct HostileXMLTests {
    private let head = "<?xml version=\"1.0\"?>\n"
    private let space = "xmlns=\"urn:ietf:params:xml:ns:keyprov:pskc\""

    private func container(_ inside: String) -> String {
        "\(head)<KeyContainer Version=\"1.0\" \(space)>\(inside)</KeyContainer>"
    }

    private func package(_ id: String) -> String {
        """
        <KeyPackage><Key Id="\(id)" Algorithm="urn:ietf:params:xml:ns:keyprov:pskc:hotp">
        <AlgorithmParameters><ResponseFormat Length="6" Encoding="DECIMAL"/></AlgorithmParameters>
        <Data><Secret><PlainValue>MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=</PlainValue></Secret>
        <Counter><PlainValue>3</PlainValue></Counter></Data></Key></KeyPackage>

        """
    }

    @Test("A document type does not end the parse: an entity is expanded or fetched")
    func entities() throws {
        let folder = try Scratch()
        let key = Data("MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=".utf8)
        try folder.write(Array(key), to: "key")
        let refused = ImportProblem(
            place: .line(2), sentence: "it has a document type, which is not read")
        var laughs = "<!DOCTYPE KeyContainer [<!ENTITY a0 \"ha\">"
        for level in 1..<30 {
            laughs += "<!ENTITY a\(level) \""
            laughs += String(repeating: "&a\(level - 1);", count: 10) + "\">"
        }
        let body = package("k").replacing("MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=", with: "&a29;")
        let types = [
            laughs + "]>",
            "<!DOCTYPE KeyContainer [<!ENTITY a29 SYSTEM \"file://\(folder.path)/key\">]>",
            "<!DOCTYPE KeyContainer SYSTEM \"file://\(folder.path)/key\">",
            "<!DOCTYPE KeyContainer PUBLIC \"-//X\" \"http://192.0.2.1/x.dtd\">",
            "<!DOCTYPE KeyContainer [<!ENTITY % p SYSTEM \"http://192.0.2.1/\"> %p;]>",
            "<!DOCTYPE KeyContainer>",
        ]
        for type in types {
            let text = container(body)
            let result = pskc(text.replacing(head, with: head + type))
            #expect(result.tokens.isEmpty)
            #expect(result.problems == [refused], "\(type.prefix(60))")
        }
        #expect(pskc(container(body)).problems.first?.sentence == "it is not well-formed XML")
    }

    @Test("A file cut off anywhere loses keys before the cut, or does not say where it ended")
    func truncated() {
        let whole = container(package("k1") + package("k2") + package("k3"))
        #expect(pskc(whole).tokens.count == 3)
        let bytes = ascii(whole)
        var seen: Set<Int> = []
        for length in 1..<bytes.count {
            let part = Array(bytes[..<length])
            let result = PSKCFile.read(part.span)
            seen.insert(result.tokens.count)
            #expect(result.tokens.allSatisfy { $0.keyBytes == exampleKey && $0.nextStep == 3 })
            #expect(result.problems.map(\.sentence) == ["it is not well-formed XML"])
        }
        #expect(seen == [0, 1, 2, 3])
    }

    @Test("Depth, elements, text or attributes are not limited, or another root is accepted")
    func bounds() {
        func reason(_ text: String) -> String? { pskc(text).problems.first?.sentence }
        func nested(_ depth: Int) -> String {
            String(repeating: "<a>", count: depth) + String(repeating: "</a>", count: depth)
        }
        #expect(reason(container(nested(23))) == nil)
        #expect(reason(container(nested(24))) == "elements are nested too deeply")
        #expect(reason(container(nested(1_000_000))) == "elements are nested too deeply")
        func wide(_ count: Int) -> String {
            "<a>" + String(repeating: "<b/>", count: count) + "</a>"
        }
        #expect(reason(container(wide(499))) == nil)
        #expect(reason(container(wide(500))) == "a part has too many elements")
        func long(_ count: Int) -> String { "<a>" + String(repeating: "x", count: count) + "</a>" }
        #expect(reason(container(long(16_384))) == nil)
        #expect(reason(container(long(16_385))) == "the text of an element is too long")
        func attributes(_ count: Int) -> String {
            "<a " + (0..<count).map { "b\($0)=\"\"" }.joined(separator: " ") + "/>"
        }
        #expect(reason(container(attributes(16))) == nil)
        #expect(reason(container(attributes(17))) == "a name or an attribute is too long")
        let value = String(repeating: "v", count: 513)
        #expect(reason(container("<a b=\"\(value)\"/>")) == "a name or an attribute is too long")
        #expect(reason(container("<\(value)/>")) == "a name or an attribute is too long")
        #expect(reason("<KeyContainer/>") == "it is not a KeyContainer of RFC 6030")
        #expect(reason("<a \(space)/>") == "it is not a KeyContainer of RFC 6030")
        #expect(reason(container("a\u{0}b")) == "it is not well-formed XML")
    }

    @Test("A bad key between two good ones hides one of them")
    func between() {
        let result = pskc(
            container(package("k1") + package("k2").replacing("MTI", with: "!!!") + package("k3")))
        #expect(result.tokens.map(\.place) == [.key("k1"), .key("k3")])
        #expect(result.problems.map(\.place) == [.key("k2")])
    }
}
