import CQREncode
import OTPCore

/// The squares of a QR code. They hold the key, so they are wiped with their owner.
struct QRCode: ~Copyable {
    /// Squares in a row, without the quiet zone.
    let size: Int
    /// A byte a square, row by row: 1 for dark.
    private let squares: Secret

    /// The QR code of `text`: the weakest error correction, which a screen does not need, and
    /// segments of the kind that suits each part, which saves space for Base32.
    init(_ text: borrowing Secret) throws {
        var ended = text.withBytes { $0.array }
        ended.append(0)
        defer { Secret.wipe(&ended) }
        // SAFETY: the text ends with NUL and lives through the call, which copies it.
        let code = unsafe ended.withUnsafeBytes { bytes -> UnsafeMutablePointer<QRcode>? in
            let text = unsafe bytes.assumingMemoryBound(to: CChar.self)
            return unsafe QRcode_encodeString(text.baseAddress, 0, QR_ECLEVEL_L, QR_MODE_8, 1)
        }
        guard let code = unsafe code else { throw Failure("the QR code cannot be made") }
        // SAFETY: libqrencode's own, not used after this.
        defer { unsafe QRcode_free(code) }
        let size = Int(unsafe code.pointee.width)
        guard size > 0, let data = unsafe code.pointee.data else {
            throw Failure("the QR code cannot be made")
        }
        // SAFETY: libqrencode's data is width times width bytes, and ours to write to until it is
        // freed; its lowest bit tells dark from light.
        let bytes = unsafe UnsafeMutableBufferPointer(start: data, count: size * size)
        var squares = unsafe bytes.map { $0 & 1 }
        unsafe bytes.update(repeating: 0)
        self.size = size
        self.squares = Secret(wiping: &squares)
    }

    /// Whether the square is dark; all around the code is light.
    func isDark(_ x: Int, _ y: Int) -> Bool {
        guard (0..<size).contains(x), (0..<size).contains(y) else { return false }
        return squares.withBytes { $0[y * size + x] == 1 }
    }
}
