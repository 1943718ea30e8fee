import ArgumentParser

/// How a QR code is drawn on a terminal.
enum QRForm: String, CaseIterable, ExpressibleByArgument {
    /// The best that the terminal supports.
    case auto
    /// Half blocks in black and white, whatever the terminal's own colors are.
    case ansi
    /// Half blocks in the terminal's own colors, for light text on a dark background.
    case utf8
    /// Two characters per square, for light text on a dark background.
    case ascii
    /// No QR code: only the key to type.
    case none

    /// What `auto` means here.
    var resolved: QRForm {
        guard self == .auto else { return self }
        guard Machine.speaksUTF8 else { return .ascii }
        return Machine.environment("NO_COLOR") == nil && !Terminal.isDumb ? .ansi : .utf8
    }
}
