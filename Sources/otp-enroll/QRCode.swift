import CQREncode
import OTPCore

/// Makes QR codes with libqrencode.
enum QRCode {
    /// The QR code of `text`: the weakest error correction, which a screen does not need, and
    /// segments of the kind that suits each part, which saves space for Base32.
    static func squares(of text: borrowing Secret) throws(Failure) -> QRSquares {
        var ended: [UInt8] = []
        // Room for all of it: where an array grows, it leaves a copy behind.
        ended.reserveCapacity(text.count + 1)
        defer { Secret.wipe(&ended) }
        text.withBytes { ended.append(copying: $0) }
        ended.append(0)
        // SAFETY: the text ends with NUL and lives through the call, which copies it.
        let code = unsafe ended.withUnsafeBytes { bytes -> UnsafeMutablePointer<QRcode>? in
            let text = unsafe bytes.assumingMemoryBound(to: CChar.self)
            return unsafe QRcode_encodeString(text.baseAddress, 0, QR_ECLEVEL_L, QR_MODE_8, 1)
        }
        guard let code = unsafe code else { throw impossible }
        // SAFETY: libqrencode's own, not used after this.
        defer { unsafe QRcode_free(code) }
        let size = Int(unsafe code.pointee.width)
        guard size > 0, let data = unsafe code.pointee.data else { throw impossible }
        // SAFETY: libqrencode's data is width times width bytes, and ours to write to until it is
        // freed. Of a byte's bits only the lowest is about dark and light, as `QRSquares` has it.
        let bytes = unsafe UnsafeMutableBufferPointer(start: data, count: size * size)
        var squares = unsafe Array(bytes)
        unsafe bytes.update(repeating: 0)
        guard let code = QRSquares(size: size, wiping: &squares) else { throw impossible }
        return code
    }

    private static var impossible: Failure { Failure("the QR code cannot be made") }
}
