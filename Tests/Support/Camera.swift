import Foundation

/// A phone's camera: zbarimg, shown a picture of the terminal.
public enum Camera {
    /// The text of the only QR code in the picture; nil if the camera finds none.
    public static func read(_ picture: Picture) async throws -> String? {
        let scratch = try Scratch()
        let file = scratch.file("terminal.ppm")
        try Data(picture.ppm).write(to: URL(fileURLWithPath: file))
        return try await read(file: file)
    }

    /// The same for a picture in a file.
    public static func read(file: String) async throws -> String? {
        // One in some thousand clean codes is not found along every line; a hand is never that
        // steady.
        for density in 1...3 {
            let seen = try await Command.run([
                "zbarimg", "--raw", "--quiet", "-Sdisable", "-Sqrcode.enable",
                "-Sx-density=\(density)", "-Sy-density=\(density)", file,
            ])
            // zbarimg's status for "nothing found" is 4.
            if seen.status == 4 { continue }
            guard seen.status == 0 else { throw Trouble("zbarimg: \(seen.errors)") }
            let codes = seen.output.split(separator: "\n")
            guard codes.count == 1 else { throw Trouble("\(codes.count) QR codes in one picture") }
            return String(codes[0])
        }
        return nil
    }

    /// Reads the QR code from text with SGR colors.
    public static func read(
        _ text: String, theme: Picture.Theme = .dark
    ) async throws -> String? {
        try await read(Picture(text, theme: theme))
    }
}
