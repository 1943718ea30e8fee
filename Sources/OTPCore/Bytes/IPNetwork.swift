/// A network: all addresses with the same leading bits, such as `10.0.0.0/8`.
public struct IPNetwork: Equatable, Sendable {
    /// As it was written.
    public let text: [UInt8]
    /// The length of the prefix, 1 to 32 or 128.
    public let prefix: Int
    private let address: IPAddress

    /// Why a text is not a valid network.
    enum Trouble: Error {
        /// Not an address, or not followed by a length from 0 to 32 or 128.
        case form
        /// Bits after the prefix are set, so it is unclear which network is meant.
        case bitsBehind
        /// All addresses.
        case everything
    }

    /// An address, with a slash and a length; without those, that one address.
    init(_ text: ArraySlice<UInt8>) throws(Trouble) {
        let slash = text.firstIndex(of: UInt8(ascii: "/"))
        guard let address = IPAddress(text[..<(slash ?? text.endIndex)]) else { throw .form }
        let most = address.bytes.count * 8
        var prefix = most
        if let slash {
            let digits = text[(slash + 1)...]
            guard var length = IPAddress.decimal(digits) else { throw .form }
            if !address.isLong, text.contains(UInt8(ascii: ":")) {
                // For an IPv4 address written inside an IPv6 one.
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

    /// Whether it contains an address. No IPv6 network contains an IPv4 address.
    public func contains(_ other: IPAddress) -> Bool {
        other.first(in: prefix) == address
    }

    /// Whether it contains addresses of this machine itself, which all logins forwarded locally
    /// come from.
    public var hasLoopback: Bool {
        address.isLoopback || IPAddress(Array("127.0.0.1".utf8)[...]).map(contains) == true
            || IPAddress(Array("::1".utf8)[...]).map(contains) == true
    }

    /// Whether it is too large to be the admin's own: larger than 10.0.0.0/8, or than a provider's
    /// share of IPv6.
    public var isHuge: Bool { prefix < (address.isLong ? 16 : 8) && !isUniqueLocal }

    /// Whether it is in fc00::/7, which is not assigned to anybody.
    private var isUniqueLocal: Bool {
        address.isLong && prefix >= 7 && address.bytes.first.map { $0 & 0xfe == 0xfc } == true
    }
}
