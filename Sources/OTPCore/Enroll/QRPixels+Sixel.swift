// The picture as sixels, as on DEC's terminals (VT330/VT340, chapter 14).

extension QRPixels {
    /// The number of pixel rows sent at once.
    public static var band: Int { 6 }

    /// The sequence that draws it at the cursor. Must be wiped.
    public var sixels: [UInt8] {
        var text: [UInt8] = []
        // Room for all of it, since a growing array leaves a copy behind. A run takes at most as
        // many bytes as it has pixels, and each band has two colors.
        text.reserveCapacity(128 + (side / QRPixels.band + 1) * (2 * side + 16))
        // Square pixels, the size, and both colors in percent.
        text += "\u{1b}P0;1;0q\"1;1;\(side);\(side)#0;2;0;0;0#1;2;100;100;100".utf8
        for y in stride(from: 0, to: side, by: QRPixels.band) {
            append(band: y, isDark: true, to: &text)
            text.append(UInt8(ascii: "$"))
            append(band: y, isDark: false, to: &text)
            text.append(UInt8(ascii: "-"))
        }
        text += "\u{1b}\\".utf8
        return text
    }

    /// The pixels of one color in a band, run-length encoded.
    private func append(band y: Int, isDark: Bool, to text: inout [UInt8]) {
        text += isDark ? "#0".utf8 : "#1".utf8
        var (last, count) = (column(0, y, isDark), 0)
        for x in 0..<side {
            let next = column(x, y, isDark)
            if next == last {
                count += 1
            } else {
                QRPixels.append(last, count, to: &text)
                (last, count) = (next, 1)
            }
        }
        QRPixels.append(last, count, to: &text)
    }

    /// Six pixels below each other as a character: the upper ones are the lower bits.
    private func column(_ x: Int, _ y: Int, _ isDark: Bool) -> UInt8 {
        var bits: UInt8 = 0
        for row in 0..<QRPixels.band where y + row < side {
            if self.isDark(x, y + row) == isDark { bits |= 1 << UInt8(row) }
        }
        return 0x3f + bits
    }

    private static func append(_ column: UInt8, _ count: Int, to text: inout [UInt8]) {
        if count > 3 {
            text.append(UInt8(ascii: "!"))
            text.append(decimal: UInt64(count))
            text.append(column)
        } else {
            for _ in 0..<count { text.append(column) }
        }
    }
}
