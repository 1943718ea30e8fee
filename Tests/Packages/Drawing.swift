import Foundation
import TestSupport

/// A picture as docs/picture.py draws it: rectangles and text, read from the file.
struct Drawing {
    /// A rectangle of one color, in the picture's own measure.
    struct Rectangle: Equatable {
        let x: Int, y: Int, width: Int, height: Int
        let color: [UInt8]
    }

    let width: Int
    let height: Int
    let rectangles: [Rectangle]
    /// The texts, from top to bottom.
    let texts: [String]

    init(_ text: String) throws {
        guard let size = text.firstMatch(of: #/<svg [^>]*width="(\d+)" height="(\d+)"/#),
            let width = Int(size.1), let height = Int(size.2)
        else { throw Trouble("this is no picture:\n\(text.prefix(200))") }
        let form =
            #/<rect x="(\d+)" y="(\d+)" width="(\d+)" height="(\d+)" fill="#([0-9a-f]{6})"/>/#
        rectangles = text.matches(of: form).map { match in
            let color = UInt32(match.5, radix: 16) ?? 0
            return Rectangle(
                x: Int(match.1) ?? 0, y: Int(match.2) ?? 0, width: Int(match.3) ?? 0,
                height: Int(match.4) ?? 0,
                color: [16, 8, 0].map { UInt8(truncatingIfNeeded: color >> $0) })
        }
        texts = text.matches(of: #/<text [^>]*>([^<]*)</text>/#).map { String($0.1) }
        (self.width, self.height) = (width, height)
    }

    /// What zbarimg reads off it, nil where it sees no QR code. Rectangles alone are painted.
    func scan() async throws -> String? {
        var pixels = [UInt8](repeating: 0, count: width * height * 3)
        for rectangle in rectangles {
            for y in rectangle.y..<min(rectangle.y + rectangle.height, height) {
                for x in rectangle.x..<min(rectangle.x + rectangle.width, width) {
                    pixels.replaceSubrange(
                        (y * width + x) * 3..<(y * width + x) * 3 + 3, with: rectangle.color)
                }
            }
        }
        let scratch = try Scratch()
        let file = scratch.file("picture.ppm")
        try (Data("P6 \(width) \(height) 255\n".utf8) + pixels)
            .write(to: URL(fileURLWithPath: file))
        return try await Camera.read(file: file)
    }
}
