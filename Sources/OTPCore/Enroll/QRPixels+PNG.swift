// The picture as an uncompressed PNG (RFC 2083) with one bit per pixel.

extension QRPixels {
    /// The file. Must be wiped.
    public var png: [UInt8] {
        var rows: [UInt8] = []
        // Room for all of it: an array that grows leaves a copy behind.
        rows.reserveCapacity(side * (1 + (side + 7) / 8))
        for y in 0..<side { append(row: y, to: &rows) }
        defer { Secret.wipe(&rows) }
        var file: [UInt8] = []
        file.reserveCapacity(rows.count + rows.count / 8192 + 128)
        file += [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
        let size = QRPixels.bytes(UInt32(truncatingIfNeeded: side))
        QRPixels.append("IHDR", length: 13, to: &file) {
            // One bit, gray, and the only defined methods of compression, filtering and
            // interlacing.
            $0 += size + size + [1, 0, 0, 0, 0]
        }
        let blocks = (rows.count + QRPixels.blockLength - 1) / QRPixels.blockLength
        QRPixels.append("IDAT", length: 2 + 5 * blocks + rows.count + 4, to: &file) {
            QRPixels.store(rows, in: &$0)
        }
        QRPixels.append("IEND", length: 0, to: &file) { _ in }
        return file
    }

    /// A row: no filter, and eight pixels per byte, with the light ones set.
    private func append(row y: Int, to rows: inout [UInt8]) {
        rows.append(0)
        for start in stride(from: 0, to: side, by: 8) {
            var byte: UInt8 = 0
            for x in start..<min(start + 8, side) where !isDark(x, y) {
                byte |= 0x80 >> UInt8(x - start)
            }
            rows.append(byte)
        }
    }

    /// A chunk: its length, name, data and checksum.
    private static func append(
        _ name: StaticString, length: Int, to file: inout [UInt8], _ data: (inout [UInt8]) -> Void
    ) {
        file += bytes(UInt32(truncatingIfNeeded: length))
        let start = file.count
        file.append(name)
        data(&file)
        var sum: UInt32 = .max
        for byte in file[start...] {
            sum ^= UInt32(byte)
            for _ in 0..<8 { sum = sum & 1 == 1 ? sum >> 1 ^ 0xedb8_8320 : sum >> 1 }
        }
        file += bytes(~sum)
    }

    private static var blockLength: Int { 65_535 }

    /// The zlib format (RFC 1950) with stored blocks (RFC 1951).
    private static func store(_ data: [UInt8], in file: inout [UInt8]) {
        file += [0x78, 0x01]
        for start in stride(from: 0, to: data.count, by: blockLength) {
            let block = data[start..<min(start + blockLength, data.count)]
            file.append(block.endIndex == data.count ? 1 : 0)
            let length = UInt16(truncatingIfNeeded: block.count)
            for half in [length, ~length] {
                file += [UInt8(truncatingIfNeeded: half), UInt8(truncatingIfNeeded: half >> 8)]
            }
            file += block
        }
        var (low, high): (UInt32, UInt32) = (1, 0)
        for byte in data {
            low = (low + UInt32(byte)) % 65_521
            high = (high + low) % 65_521
        }
        file += bytes(high << 16 | low)
    }

    private static func bytes(_ number: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
    }
}
