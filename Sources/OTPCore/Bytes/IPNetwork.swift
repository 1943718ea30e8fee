/// A network: all addresses that begin with the same bits, such as `10.0.0.0/8`.
public struct IPNetwork: Equatable, Sendable {
    /// As it was written.
    public let text: [UInt8]
    /// How many bits it has in common, 1 to 32 or 128.
    public let prefix: Int
    private let address: IPAddress

    /// Why a text is no network that counts.
    enum Trouble: Error {
        /// Not an address, or not one with a length from 0 to 32 or 128 behind it.
        case form
        /// Bits are set behind the length: which network is meant cannot be told.
        case bitsBehind
        /// All addresses there are.
        case everything
    }

    /// An address, and a slash with a length behind it, without which it is that address alone.
    init(_ text: ArraySlice<UInt8>) throws(Trouble) {
        let slash = text.firstIndex(of: UInt8(ascii: "/"))
        guard let address = IPAddress(text[..<(slash ?? text.endIndex)]) else { throw .form }
        let most = address.bytes.count * 8
        var prefix = most
        if let slash {
            let digits = text[(slash + 1)...]
            guard var length = IPAddress.decimal(digits) else { throw .form }
            if !address.isLong, text.contains(UInt8(ascii: ":")) {
                // Of an address of IPv4 that is written inside one of IPv6.
                guard length >= 96 else { throw length == 0 ? .everything : .bitsBehind }
                length -= 96
            }
            guard length <= most else { throw .form }
            prefix = length
        }
        guard prefix > 0 else { throw .everything }
        self.text = Array(text)
        self.prefix = prefix
        self.address = address
        guard address == address.first(in: prefix) else { throw .bitsBehind }
    }

    /// Whether an address lies in it. Those of IPv4 lie in no network of IPv6.
    public func contains(_ other: IPAddress) -> Bool {
        other.first(in: prefix) == address
    }

    /// Whether it has addresses of this machine itself, from which all comes that is passed on here.
    public var hasLoopback: Bool {
        address.isLoopback || IPAddress(Array("127.0.0.1".utf8)[...]).map(contains) == true
            || IPAddress(Array("::1".utf8)[...]).map(contains) == true
    }

    /// Whether it is so large that it can hardly be one's own: more than 10.0.0.0/8, or than what
    /// one provider has of IPv6.
    public var isHuge: Bool { prefix < (address.isLong ? 16 : 8) && !isUniqueLocal }

    /// Whether it is of the addresses that are nobody's in particular: fc00::/7.
    private var isUniqueLocal: Bool {
        address.isLong && prefix >= 7 && address.bytes.first.map { $0 & 0xfe == 0xfc } == true
    }
}
