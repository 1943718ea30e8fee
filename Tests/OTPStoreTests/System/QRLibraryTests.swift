import Foundation
import TestSupport
import Testing

@testable import OTPCore
@testable import OTPStore

// Serialized: the test needs the library unloaded in between.
@Suite("QR codes from libqrencode", .serialized, .timeLimit(.minutes(2)))
struct QRLibraryTests {
    /// The squares of a code, row by row, `true` for dark.
    private func squares(_ text: String, with library: QRLibrary = QRLibrary()) -> [[Bool]]? {
        let bytes = Array(text.utf8)
        guard let code = library.encode(Secret(copying: bytes.span)) else { return nil }
        return (0..<code.size).map { y in (0..<code.size).map { x in code.isDark(x, y) } }
    }

    private func isLoaded() throws -> Bool {
        try kernelFile("/proc/self/maps").contains("libqrencode")
    }

    static let uri =
        "otpauth://totp/bastion.example.com:alice?secret=ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
        + "&issuer=bastion.example.com"

    @Test(
        "Its codes differ from qrencode(1)'s",
        arguments: [
            "x", "0123456789", "HELLO WORLD", "Grüße aus Köln, 日本", uri,
            String(repeating: "z", count: 200), String(repeating: "9", count: 400),
        ])
    func same(text: String) async throws {
        let expected = try await QREncode.squares(text)
        #expect(expected.count >= 21 && squares(text) == expected)
    }

    @Test("Base32 does not make the QR code smaller")
    func mixed() throws {
        // 107 bytes need version 6 (41 squares) if all are encoded as bytes.
        #expect(Self.uri.utf8.count == 107)
        #expect(try #require(squares(Self.uri)).count == 37)
    }

    @Test("A camera cannot read it off a terminal")
    func camera() async throws {
        let bytes = Array(Self.uri.utf8)
        guard let code = QRLibrary().encode(Secret(copying: bytes.span))
        else { throw Trouble("there is no code") }
        let drawing = QRText.draw(code, as: .blocks, quietZone: QRText.quietZone)
        #expect(try await Camera.read(String(decoding: drawing, as: UTF8.self)) == Self.uri)
    }

    @Test("With some names of user and machine, a QR code and its key do not fit at a login")
    func room() throws {
        let texts = [
            "x", "ip-10-0-12-34.eu-central-1.compute.internal", String(repeating: "W", count: 64),
            "0123456789012345678901234567890123456789", String(repeating: "日", count: 21),
            "(((((((((((((((((((((((((((((", "a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r.s.t",
        ]
        let names = [
            nil, "phone-2", String(repeating: "(", count: 32), "my tablet from the office",
        ]
        for issuer in texts {
            for user in texts {
                for name in names {
                    for form in [QRText.Form.blocks, .invertedBlocks, .ascii] {
                        try expectRoom(
                            KeyLabel(
                                issuer: Array(issuer.utf8), user: Array(user.utf8),
                                device: name.flatMap { Name($0.utf8) }), form)
                    }
                }
            }
        }
    }

    private func expectRoom(_ label: KeyLabel, _ form: QRText.Form) throws {
        var random = Seeded(UInt64(label.account.count))
        var key = (0..<Authenticator.keyLength).map { _ in UInt8.random(in: 0...255, using: &random)
        }
        guard let name = Name("phone".utf8), let device = Authenticator(name: name, added: 1) else {
            throw Trouble("no authenticator")
        }
        let prompt = EnrollmentPrompt(
            authenticator: device, key: Secret(wiping: &key), label: label,
            purpose: .first(canBePutOff: false), words: \.english)
        let question = prompt.question(QRLibrary(), as: form)
        #expect(question.hasPicture, "\(label)")
        let lines = String(decoding: question.text, as: UTF8.self).split(separator: "\n")
        #expect(lines.allSatisfy { $0.count <= 80 }, "\(label)")
        let rows = lines.filter { $0.contains("█") || $0.contains("##") || $0.contains("▀") }
        #expect(form == .ascii ? rows.count <= 41 : rows.count <= 21, "\(label)")
    }

    @Test("A text that does not fit gives a QR code", arguments: [0, 2954, 65_536])
    func impossible(length: Int) {
        #expect(squares(String(repeating: "z", count: length)) == nil)
    }

    @Test("A text that C would truncate gives a QR code", arguments: ["\0", "a\0", "\0a", "a\0b"])
    func cut(text: String) { #expect(squares(text) == nil) }

    @Test("Without the library, or with another one, there is a QR code")
    func missing() {
        #expect(squares("x") != nil)
        #expect(squares("x", with: QRLibrary("libqrencode-missing.so.4")) == nil)
        #expect(squares("x", with: QRLibrary("libm.so.6")) == nil)
        #expect(squares("x", with: QRLibrary("/etc/passwd")) == nil)
        #expect(squares("x", with: QRLibrary("/nonexistent/libqrencode.so.4")) == nil)
    }

    @Test("The library is not loaded only while a code is made")
    func unloads() async throws {
        for _ in 0..<50 {
            #expect(squares(Self.uri) != nil)
            // Another thread of this process may be making one.
            _ = try await patiently("the library to be gone") { try isLoaded() ? nil : true }
        }
    }

    @Test("Threads that make codes at once disturb each other")
    func threads() async throws {
        let expected = try await QREncode.squares(Self.uri)
        let all = together(8) { _ in
            (0..<20).allSatisfy { _ in squares(Self.uri) == expected }
        }
        #expect(all.count == 8 && all.allSatisfy { $0 })
    }
}
