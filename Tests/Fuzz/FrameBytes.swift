// Frames as in docs/PROTOCOL.md, implemented a second time: both ends are compared with the page,
// instead of with each other.

enum FrameBytes {
    /// A frame: the length of what follows, the kind, and the payload.
    static func frame(_ kind: UInt8, _ payload: [UInt8]) -> [UInt8] {
        number(payload.count + 1) + [kind] + payload
    }

    /// Takes the first frame off `bytes`; `nil` if it is incomplete or invalid.
    static func next(_ bytes: inout [UInt8]) -> (kind: UInt8, payload: [UInt8])? {
        guard bytes.count >= 3 else { return nil }
        let length = Int(bytes[0]) << 8 | Int(bytes[1])
        guard (1...32_768).contains(length), bytes.count >= 2 + length else { return nil }
        defer { bytes.removeFirst(2 + length) }
        return (bytes[2], Array(bytes[3..<2 + length]))
    }

    /// All frames at the beginning of `bytes`.
    static func all(_ bytes: [UInt8]) -> [(kind: UInt8, payload: [UInt8])] {
        var (bytes, frames) = (bytes, [(kind: UInt8, payload: [UInt8])]())
        while let frame = next(&bytes) { frames.append(frame) }
        return frames
    }

    /// The payload of a login's first frame.
    static func login(_ request: LoginRequest) -> [UInt8] {
        let texts =
            [
                request.user, request.service, request.terminal, request.remoteHost,
                request.remoteUser, request.connection, request.methods,
            ] + request.arguments
        let flags: UInt8 = (request.isSilent ? 1 : 0) + (request.showsASCII ? 2 : 0)
        return [2, flags] + texts.flatMap { number($0.count) + $0 }
    }

    private static func number(_ value: Int) -> [UInt8] {
        [UInt8(value >> 8 & 0xff), UInt8(value & 0xff)]
    }
}
