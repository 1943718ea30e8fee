import ArgumentParser
import OTPCore

/// How a QR code is drawn on a terminal.
enum QRForm: String, CaseIterable, ExpressibleByArgument {
    /// The best that the terminal supports: a picture if it says that it shows them.
    case auto
    /// A picture.
    case image
    /// Half blocks in black and white, whatever the terminal's own colors are.
    case ansi
    /// Half blocks in the terminal's own colors, for light text on a dark background.
    case utf8
    /// Two characters per square, for light text on a dark background.
    case ascii
    /// No QR code: only the key to type.
    case none

    /// The characters, which logins use as well.
    var text: QRText.Form { self == .ascii ? .ascii : .blocks }

    /// Whether to ask the terminal for pictures. Terminal multiplexers are not asked, unless the
    /// user wants it: their answers are about themselves.
    var asksForPictures: Bool {
        guard !Terminal.isDumb else { return false }
        return self == .image || (self == .auto && !Terminal.isDivided)
    }

    /// The characters to use if no picture is shown.
    var resolved: QRForm {
        guard self == .auto || self == .image else { return self }
        guard Machine.speaksUTF8 else { return .ascii }
        return Machine.environment("NO_COLOR") == nil && !Terminal.isDumb ? .ansi : .utf8
    }
}
