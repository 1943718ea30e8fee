import ArgumentParser
import OTPCore

/// How a QR code is drawn on a terminal.
enum QRForm: String, CaseIterable, ExpressibleByArgument {
    /// The best that the terminal understands.
    case auto
    /// Half blocks, in black and white whatever the terminal's own colors are.
    case ansi
    /// Half blocks in the terminal's own colors; right where they are light on dark.
    case utf8
    /// Two characters a square; right where the terminal's colors are light on dark.
    case ascii
    /// No QR code: the typed key alone.
    case none

    /// The characters, which a login draws with as well.
    var text: QRText.Form { self == .ascii ? .ascii : .blocks }

    /// The form that `auto` stands for here.
    var resolved: QRForm {
        guard self == .auto else { return self }
        guard Machine.speaksUTF8 else { return .ascii }
        return Machine.environment("NO_COLOR") == nil && !Terminal.isDumb ? .ansi : .utf8
    }
}
