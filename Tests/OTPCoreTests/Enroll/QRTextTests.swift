import Foundation
import TestSupport
import Testing

@testable import OTPCore

@Suite("QR codes as text", .timeLimit(.minutes(3)))
struct QRTextTests {
    /// Key URIs of 60 to 200 bytes: short and long names, a longer key, all settings.
    static let uris: [String] = {
        let key = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
        let long = "NBSWY3DPEBLW64TMMQQQNBSWY3DPEBLW64TMMQQQNBSWY3DPEBLW"
        let settings = "&algorithm=SHA256&digits=8&period=60"
        return [
            "otpauth://totp/a:bob?secret=\(key.prefix(26))&issuer=a",
            "otpauth://totp/host:root?secret=\(key)&issuer=host",
            "otpauth://totp/bastion.example.com:alice?secret=\(key)&issuer=bastion.example.com",
            "otpauth://totp/Example%20Corp:alice%40example.com?secret=\(key)&issuer=Example%20Corp",
            "otpauth://totp/host:alice?secret=\(long)&issuer=host\(settings)",
            "otpauth://totp/bastion.example.com:alice.b.carol?secret=\(long)"
                + "&issuer=bastion.example.com\(settings)&image=none&color=0000ff",
        ]
    }()

    /// Each form with the terminal theme it is right for.
    static let views: [(QRText.Form, Picture.Theme)] = [
        (.blocks, .dark), (.invertedBlocks, .light), (.ascii, .dark),
    ]

    /// The QR code of `text`, made by qrencode(1).
    private func code(_ text: String) async throws -> Code {
        let rows = try await QREncode.squares(text)
        return try Code(rows.count, rows.flatMap { $0.map { $0 ? 1 : 0 } })
    }

    /// A code of three by three squares, dark where the rows have an x.
    private func toy() throws -> Code {
        try Code(3, "xx.x...x.".utf8.map { $0 == UInt8(ascii: "x") ? 0xc1 : 0xc0 })
    }

    @Test("The test addresses have the wrong length")
    func lengths() {
        let lengths = Self.uris.map(\.utf8.count)
        #expect(lengths == lengths.sorted())
        #expect((60...70).contains(lengths[0]) && (190...200).contains(lengths[5]))
    }

    @Test("A camera cannot read a drawing on the terminal that it is for", arguments: uris, views)
    func camera(uri: String, view: (form: QRText.Form, theme: Picture.Theme)) async throws {
        let code = try await code(uri)
        #expect(try await Camera.read(code.drawn(view.form), theme: view.theme) == uri)
    }

    @Test("A camera does not read a code with a margin of one square", arguments: views)
    func narrow(view: (form: QRText.Form, theme: Picture.Theme)) async throws {
        let code = try await code(Self.uris[2])
        let drawing = code.drawn(view.form, QRText.leastQuietZone)
        #expect(drawing.split(separator: "\n")[0].count == (view.form == .ascii ? 78 : 39))
        #expect(try await Camera.read(drawing, theme: view.theme) == Self.uris[2])
    }

    @Test("A real terminal shows a drawing differently")
    func terminal() async throws {
        let code = try await code(Self.uris[3])
        let scratch = try Scratch()
        for (form, theme) in [(QRText.Form.blocks, Picture.Theme.dark), (.invertedBlocks, .light)] {
            let file = try scratch.write(code.drawn(form), to: "code")
            let screen = try await Screen(["cat", file])
            #expect(try await screen.finish() == 0)
            #expect(try await screen.scan(theme: theme) == Self.uris[3])
            await screen.close()
        }
    }

    @Test(
        "Drawings are as large as they should be, and have no byte but blocks, blanks and newlines")
    func size() async throws {
        for uri in Self.uris {
            let code = try await code(uri)
            for form in [QRText.Form.blocks, .invertedBlocks] {
                let drawing = code.drawn(form)
                let rows = drawing.split(separator: "\n", omittingEmptySubsequences: false)
                #expect(rows.allSatisfy { $0.count == code.squares.size + 4 })
                #expect(code.squares.size + 4 <= 80 && rows.count == (code.squares.size + 5) / 2)
                #expect(Set(drawing) == [" ", "\n", "\u{2580}", "\u{2584}", "\u{2588}"])
            }
            let drawing = code.drawn(.ascii)
            let rows = drawing.split(separator: "\n", omittingEmptySubsequences: false)
            #expect(rows.allSatisfy { $0.count == 2 * (code.squares.size + 4) })
            #expect(rows.count == code.squares.size + 4 && Set(drawing) == [" ", "\n", "#"])
        }
    }

    @Test("A QR code is drawn with a square in another place")
    func forms() throws {
        let toy = try toy()
        #expect(
            toy.drawn(.blocks) == """
                ███████
                ██ ▄███
                ███▄███
                ███████
                """)
        // A dot stands for a space here.
        #expect(
            toy.drawn(.invertedBlocks).replacing(" ", with: ".") == """
                .......
                ..█▀...
                ...▀...
                .......
                """)
        #expect(
            toy.drawn(.ascii).replacing(" ", with: ".") == """
                ##############
                ##############
                ####....######
                ####..########
                ######..######
                ##############
                ##############
                """)
    }

    @Test("The largest QR code does not fit its buffer")
    func largest() throws {
        for bit in [UInt8(0), 1] {
            let squares = [UInt8](repeating: bit, count: 177 * 177)
            let code = try Code(177, squares)
            for form in [QRText.Form.blocks, .invertedBlocks, .ascii] {
                let size = QRText.size(of: 177, as: form, quietZone: 2)
                let drawing = code.drawn(form)
                let rows = drawing.split(separator: "\n").map(\.utf8)
                #expect(rows.count == size.rows)
                #expect(rows.allSatisfy { $0.count <= QRText.rowCapacity(size.columns, form) })
            }
        }
    }

    @Test(
        "Squares that are not a QR code are accepted, or not wiped",
        arguments: [
            (0, 0), (0, 1), (-1, 1), (-21, 441), (21, 440), (21, 442), (21, 0), (178, 178 * 178),
            (.max, 1), (.min, 0), (1 << 32, 0), (3_037_000_500, 441), (256, 65_536), (300, 90_000),
        ])
    func hostile(size: Int, count: Int) {
        var squares = [UInt8](repeating: 1, count: count)
        let refused = QRSquares(size: size, wiping: &squares) == nil
        #expect(refused && squares.isEmpty)
    }

    @Test("A QR code is dark outside its squares")
    func outside() throws {
        let toy = try toy()
        for (x, y) in [(0, 0), (1, 0), (0, 1), (1, 2)] { #expect(toy.isDark(x, y)) }
        for (x, y) in [(2, 0), (1, 1), (-1, 0), (0, -1), (3, 0), (0, 3), (.min, .max)] {
            #expect(!toy.isDark(x, y))
        }
    }
}

/// A class, because macros copy their arguments.
private final class Code {
    let squares: QRSquares

    init(_ size: Int, _ bytes: [UInt8]) throws {
        var bytes = bytes
        guard let code = QRSquares(size: size, wiping: &bytes) else {
            throw Trouble("no code of \(size) rows")
        }
        squares = code
    }

    func isDark(_ x: Int, _ y: Int) -> Bool { squares.isDark(x, y) }

    func drawn(_ form: QRText.Form, _ quietZone: Int = QRText.quietZone) -> String {
        text(QRText.draw(squares, as: form, quietZone: quietZone))
    }
}
