import Foundation
import TestSupport
import Testing

@testable import OTPCore

@Suite("QR codes as pictures")
struct QRPixelsTests {
    private static let uri =
        "otpauth://totp/bastion.example.com:alice?secret=ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

    /// The drawn code, and its expected pixels, `true` for dark.
    private func pixels(scale: Int, zone: Int) async throws -> (PixelBox, [[Bool]]) {
        let rows = try await QREncode.squares(Self.uri)
        var squares = rows.flatMap { $0.map { UInt8($0 ? 1 : 0) } }
        guard let code = QRSquares(size: rows.count, wiping: &squares) else {
            throw Trouble("no code")
        }
        let side = (rows.count + 2 * zone) * scale
        let expected = (0..<side).map { y in
            (0..<side).map { x in
                let (row, column) = (y / scale - zone, x / scale - zone)
                return rows.indices.contains(row) && rows.indices.contains(column)
                    && rows[row][column]
            }
        }
        return (PixelBox(QRPixels(code, quietZone: zone, scale: scale)), expected)
    }

    @Test("A camera does not read the PNG", arguments: [(3, 4), (4, 2), (6, 1), (25, 4)])
    func png(scale: Int, zone: Int) async throws {
        let scratch = try Scratch()
        let file = scratch.file("code.png")
        let (box, _) = try await pixels(scale: scale, zone: zone)
        try Data(box.pixels.png).write(to: URL(fileURLWithPath: file))
        #expect(try await Camera.read(file: file) == Self.uri)
        // Checksums and lengths, by another reader.
        let script = """
            import struct, sys, zlib
            data = open(sys.argv[1], "rb").read()
            assert data[:8] == b"\\x89PNG\\r\\n\\x1a\\n"
            place, rest = 8, b""
            while place < len(data):
                length, name = struct.unpack(">I4s", data[place:place + 8])
                body = data[place + 8:place + 8 + length]
                sum = struct.unpack(">I", data[place + 8 + length:place + 12 + length])[0]
                assert zlib.crc32(name + body) == sum, name
                rest += body if name == b"IDAT" else b""
                place += 12 + length
            assert name == b"IEND"
            print(len(zlib.decompress(rest)))
            """
        let side = box.pixels.side
        let length = try await Command.output(["/usr/bin/python3", "-c", script, file])
        #expect(length == "\(side * (1 + (side + 7) / 8))\n")
    }

    @Test("Sixels draw another picture", arguments: [(1, 0), (3, 4), (4, 2), (5, 1), (6, 4)])
    func sixels(scale: Int, zone: Int) async throws {
        let (box, expected) = try await pixels(scale: scale, zone: zone)
        #expect(try SixelReader(box.pixels.sixels).dark == expected)
    }

    @Test("The reserved room is too small, so that copies stay in memory")
    func room() async throws {
        for (scale, zone) in [(1, 0), (3, 4), (6, 4), (40, 4)] {
            let (box, _) = try await pixels(scale: scale, zone: zone)
            let side = box.pixels.side
            #expect(box.pixels.sixels.count <= 128 + (side / 6 + 1) * (2 * side + 16))
            let rows = side * (1 + (side + 7) / 8)
            #expect(box.pixels.png.count <= rows + rows / 8192 + 128)
        }
    }
}

/// A class, because macros copy their arguments.
private final class PixelBox {
    let pixels: QRPixels

    init(_ pixels: consuming QRPixels) { self.pixels = pixels }
}

/// Reads sixels of two colors, as far as ours use them.
private struct SixelReader {
    private(set) var dark: [[Bool]] = []

    init(_ bytes: [UInt8]) throws {
        let text = String(decoding: bytes, as: UTF8.self)
        let form = #/\u{1b}P0;1;0q"1;1;(\d+);(\d+)#0;2;0;0;0#1;2;100;100;100(.*)\u{1b}\\/#
        guard let whole = text.wholeMatch(of: form), let width = Int(whole.1),
            let height = Int(whole.2)
        else { throw Trouble("these are no sixels: \(text.prefix(80))") }
        var colors = Array(repeating: Array(repeating: -1, count: width), count: height)
        for (band, line) in whole.3.split(separator: "-").enumerated() {
            for part in line.split(separator: "$") {
                guard let color = part.dropFirst().first.flatMap({ Int(String($0)) }) else {
                    throw Trouble("no color")
                }
                var x = 0
                for run in part.dropFirst(2).matches(of: #/(?:!(\d+))?([?-~])/#) {
                    let bits = Int(run.2.utf8.first ?? 0x3f) - 0x3f
                    for _ in 0..<(run.1.flatMap { Int($0) } ?? 1) {
                        for row in 0..<6 where bits >> row & 1 == 1 {
                            guard 6 * band + row < height, x < width,
                                colors[6 * band + row][x] == -1
                            else { throw Trouble("a pixel outside, or twice") }
                            colors[6 * band + row][x] = color
                        }
                        x += 1
                    }
                }
            }
        }
        guard !colors.joined().contains(-1) else { throw Trouble("a pixel of no color") }
        dark = colors.map { $0.map { $0 == 0 } }
    }
}
