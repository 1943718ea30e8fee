/// A numeric IPv4 or IPv6 address.
///
/// Read as inet_pton(3) does: no name, no scope (`%eth0`), no port, no blanks, no other number
/// base. An IPv4 address inside an IPv6 one (`::ffff:192.0.2.7`) becomes the IPv4 address.
public struct IPAddress: Equatable, Sendable {
    /// 4 or 16 bytes.
    public let bytes: [UInt8]

    /// `nil` for anything but exactly one address.
    public init?(_ text: ArraySlice<UInt8>) {
        guard text.count <= IPAddress.maximumLength else { return nil }
        guard text.contains(UInt8(ascii: ":")) else {
            guard let four = IPAddress.dotted(text) else { return nil }
            bytes = four
            return
        }
        guard let all = IPAddress.grouped(text) else { return nil }
        bytes = all.starts(with: IPAddress.mapped) ? Array(all.suffix(4)) : all
    }

    /// The address with these 4 or 16 bytes, in network order.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        self.bytes = bytes
    }

    /// The first address of its network: all bits after the prefix are zero.
    public func first(in prefix: Int) -> IPAddress {
        IPAddress(masking: bytes.enumerated().map { $1 & IPAddress.mask($0, prefix) })
    }

    /// The last address of its network: all bits after the prefix are one.
    public func last(in prefix: Int) -> IPAddress {
        IPAddress(masking: bytes.enumerated().map { $1 | ~IPAddress.mask($0, prefix) })
    }

    private init(masking bytes: [UInt8]) { self.bytes = bytes }

    /// The bits of a byte that belong to the network.
    private static func mask(_ index: Int, _ prefix: Int) -> UInt8 {
        let kept = min(8, max(0, prefix - index * 8))
        return ~UInt8(truncatingIfNeeded: 0xff >> kept)
    }

    /// The length of the longest text: `ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255`.
    private static let maximumLength = 45
    /// What precedes an IPv4 address inside an IPv6 one (RFC 4291, 2.5.5.2).
    private static let mapped = [UInt8](repeating: 0, count: 10) + [0xff, 0xff]

    /// Whether it is an IPv6 address.
    var isLong: Bool { bytes.count == 16 }

    /// Whether it is this machine itself: 127.0.0.0/8 or ::1.
    var isLoopback: Bool {
        isLong ? bytes.last == 1 && bytes.dropLast().allSatisfy { $0 == 0 } : bytes.first == 127
    }

    // MARK: The forms

    /// `192.0.2.7`: four numbers from 0 to 255, without leading zeros.
    private static func dotted(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bytes: [UInt8] = []
        for part in parts {
            guard let number = decimal(part), let byte = UInt8(exactly: number) else { return nil }
            bytes.append(byte)
        }
        return bytes
    }

    /// A number of one to three digits, without leading zeros.
    static func decimal(_ text: ArraySlice<UInt8>) -> Int? {
        guard (1...3).contains(text.count), text.count == 1 || text.first != UInt8(ascii: "0")
        else { return nil }
        var number = 0
        for byte in text {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            number = number * 10 + Int(byte - UInt8(ascii: "0"))
        }
        return number
    }

    /// Eight groups, or fewer around one `::`, which stands for at least one.
    private static func grouped(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        guard let gap = gap(in: text) else {
            guard let bytes = groups(text, mayEndDotted: true), bytes.count == 16 else {
                return nil
            }
            return bytes
        }
        guard let head = groups(text[..<gap], mayEndDotted: false),
            let tail = groups(text[(gap + 2)...], mayEndDotted: true),
            head.count + tail.count <= 14
        else { return nil }
        return head + [UInt8](repeating: 0, count: 16 - head.count - tail.count) + tail
    }

    /// Where the first `::` begins.
    private static func gap(in text: ArraySlice<UInt8>) -> Int? {
        let colon = UInt8(ascii: ":")
        return text.indices.dropLast().first { text[$0] == colon && text[$0 + 1] == colon }
    }

    /// Groups of one to four hexadecimal digits, separated by colons; the last may be an IPv4
    /// address.
    private static func groups(_ text: ArraySlice<UInt8>, mayEndDotted: Bool) -> [UInt8]? {
        guard !text.isEmpty else { return [] }
        let parts = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        var bytes: [UInt8] = []
        for (index, part) in parts.enumerated() {
            if let group = group(part) {
                bytes += [UInt8(truncatingIfNeeded: group >> 8), UInt8(truncatingIfNeeded: group)]
            } else if mayEndDotted, index == parts.count - 1, let four = dotted(part) {
                bytes += four
            } else {
                return nil
            }
        }
        return bytes
    }

    private static func group(_ text: ArraySlice<UInt8>) -> UInt16? {
        guard (1...4).contains(text.count) else { return nil }
        var group: UInt16 = 0
        for byte in text {
            guard let digit = Hex.digit(byte) else { return nil }
            group = group << 4 | UInt16(digit)
        }
        return group
    }
}
