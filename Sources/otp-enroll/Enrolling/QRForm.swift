import ArgumentParser
import OTPCore

/// How a QR code is drawn on a terminal.
enum QRForm: String, CaseIterable, ExpressibleByArgument {
    /// The best that the terminal understands: a picture where it says that it shows them.
    case auto
    /// A picture.
    case image
    /// Half blocks, in black and white whatever the terminal's own colors are.
    case ansi
    /// Half blocks in the terminal's own colors, for light text on a dark background.
    case utf8
    /// Two characters per square, for light text on a dark background.
    case ascii
    /// No QR code: only the key to type.
    case none

    /// The characters, which a login draws with as well.
    var text: QRText.Form { self == .ascii ? .ascii : .blocks }

    /// Whether the terminal is asked if it shows pictures. Programs that divide a terminal are not,
    /// unless somebody wants it so: what they answer is about themselves.
    var asksForPictures: Bool {
        guard !Terminal.isDumb else { return false }
        return self == .image || (self == .auto && !Terminal.isDivided)
    }

    /// The characters that it stands for where no picture is shown.
    var resolved: QRForm {
        guard self == .auto || self == .image else { return self }
        guard Machine.speaksUTF8 else { return .ascii }
        return Machine.environment("NO_COLOR") == nil && !Terminal.isDumb ? .ansi : .utf8
    }
}
