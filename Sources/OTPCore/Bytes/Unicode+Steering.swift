extension Unicode.Scalar {
    /// Whether a terminal or an app may act on it instead of showing it: control characters (C0,
    /// DEL, C1), line and paragraph separators, bidirectional marks, and characters without width.
    public var isSteering: Bool {
        switch value {
        case 0x00...0x1f, 0x7f...0x9f: true
        case 0x061c, 0x200b...0x200f, 0x2028...0x202e, 0x2060...0x206f, 0xfeff: true
        default: false
        }
    }
}

extension String {
    /// The text without characters that a terminal or an app may act on.
    public var withoutSteering: String {
        String(UnicodeScalarView(unicodeScalars.filter { !$0.isSteering }))
    }
}
