import Foundation
import TestSupport

/// Reads an SVG picture of black squares like a camera, without any installed program.
enum Vector {
    /// The text of the QR code in the picture.
    static func read(_ svg: String) async throws -> String {
        guard let box = svg.firstMatch(of: #/viewBox="0 0 ([0-9]+) \1"/#), let side = Int(box.1)
        else { throw Trouble("no square picture: \(svg.prefix(200))") }
        let scale = 4
        var pixels = [UInt8](repeating: 255, count: side * scale * side * scale)
        for square in svg.matches(of: #/M([0-9]+) ([0-9]+)h1v1h-1z/#) {
            guard let x = Int(square.1), let y = Int(square.2), x < side, y < side else {
                throw Trouble("a square outside of the picture: \(square.0)")
            }
            for row in y * scale..<(y + 1) * scale {
                let start = row * side * scale + x * scale
                for pixel in start..<start + scale { pixels[pixel] = 0 }
            }
        }
        let scratch = try Scratch()
        let file = scratch.file("picture.pgm")
        let head = "P5 \(side * scale) \(side * scale) 255\n"
        try (Data(head.utf8) + Data(pixels)).write(to: URL(fileURLWithPath: file))
        guard let text = try await Camera.read(file: file) else {
            throw Trouble("there is no QR code in the picture")
        }
        return text
    }
}
