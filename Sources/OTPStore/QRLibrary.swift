import CLinux
import Glibc
import OTPCore

/// Makes QR codes with libqrencode, which is loaded only while it makes one. A login that shows
/// none does not load it, and if it is not installed, nothing else is missing. Besides the
/// `System*` files, the only one in OTPStore with unsafe code.
public struct QRLibrary: QREncoder, Sendable {
    /// The library's name, as the loader looks it up.
    private let name: StaticString

    public init() { self.init("libqrencode.so.4") }

    /// For tests: another library.
    init(_ name: StaticString) { self.name = name }

    /// The QR code of `text`, with the weakest error correction, which is enough on a screen, and
    /// with the best kind of segment for each part, which saves space for Base32. `nil` if the
    /// library is missing or refuses.
    public func encode(_ text: borrowing Secret) -> QRSquares? {
        guard name.hasPointerRepresentation else { return nil }
        // SAFETY: a literal ends with NUL and stays. Every path from here closes the library, and
        // nothing of it is used after this function.
        let path = unsafe UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self)
        guard let library = unsafe dlopen(path, RTLD_NOW | RTLD_LOCAL) else { return nil }
        // The library copies the text; the program's own free(3) and realloc(3) wipe the copies.
        defer { unsafe dlclose(library) }
        guard let encode = unsafe dlsym(library, "QRcode_encodeString"),
            let free = unsafe dlsym(library, "QRcode_free")
        else { return nil }
        // SAFETY: the functions have these types in every libqrencode of this number (qrencode.h).
        return unsafe QRLibrary.squares(
            of: text, unsafeBitCast(encode, to: Encode.self), unsafeBitCast(free, to: Free.self))
    }

    private typealias Code = UnsafeMutablePointer<swiftotp_qr_code>
    /// QRcode_encodeString: text, version (0 for the smallest), level, mode, both cases.
    private typealias Encode =
        @convention(c) (UnsafePointer<CChar>?, CInt, CInt, CInt, CInt) -> Code?
    private typealias Free = @convention(c) (Code?) -> Void
    /// QR_ECLEVEL_L
    private static var weakest: CInt { 0 }
    /// QR_MODE_8, for what neither digits nor upper case can shorten.
    private static var bytes: CInt { 2 }

    private static func squares(
        of text: borrowing Secret, _ encode: Encode, _ free: Free
    ) -> QRSquares? {
        var ended: [UInt8] = []
        // Room for all of it: an array that grows leaves a copy behind.
        ended.reserveCapacity(text.count + 1)
        defer { Secret.wipe(&ended) }
        text.withBytes { ended.append(copying: $0) }
        guard !ended.contains(0) else { return nil }
        ended.append(0)
        // SAFETY: the text ends with NUL and lives through the call, which copies it.
        let code = unsafe ended.withUnsafeBytes { buffer -> Code? in
            let start = unsafe buffer.assumingMemoryBound(to: CChar.self).baseAddress
            return unsafe encode(start, 0, weakest, bytes, 1)
        }
        guard let code = unsafe code else { return nil }
        // SAFETY: libqrencode's memory, not used after this.
        defer { unsafe free(code) }
        let size = Int(unsafe code.pointee.width)
        guard (1...QRSquares.maximumSize).contains(size), let data = unsafe code.pointee.data else {
            return nil
        }
        // SAFETY: libqrencode's data is width times width bytes, and ours to write to until it is
        // freed. As in `QRSquares`, only the lowest bit of a byte says dark or light.
        let buffer = unsafe UnsafeMutableRawBufferPointer(start: data, count: size * size)
        var squares = unsafe Array(buffer)
        unsafe explicit_bzero(data, buffer.count)
        return QRSquares(size: size, wiping: &squares)
    }
}
