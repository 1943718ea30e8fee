// Whom failures are counted for. Whoever has logged in from one waits there by its failures alone.

extension SourceID {
    /// An SSH key: of a certificate the key inside it, which stays the same while certificates come
    /// and go.
    init(key: SSHKey) { self.init(Array("key ".utf8), key.fingerprint, isKey: true) }

    /// Where somebody comes from: an address, or the network of one of IPv6, of which a client has
    /// as many as it likes.
    init(address: [UInt8]) {
        self.init(Array("from ".utf8), SourceID.network(address) ?? address)
    }

    /// A service on this machine, and who calls it where that is told.
    init(service: [UInt8], remoteUser: [UInt8]) {
        self.init(Array("here ".utf8), service + [0] + remoteUser)
    }

    /// otp-enroll on this machine.
    public static let command = SourceID(service: Array("otp-enroll".utf8), remoteUser: [])

    private init(_ kind: [UInt8], _ name: [UInt8], isKey: Bool = false) {
        let text = kind + name
        self.init(text.span, isKey: isKey)
    }

    /// The first four groups of a numeric address of IPv6; `nil` for anything else. An address of
    /// IPv4 in it stays as it is.
    private static func network(_ address: [UInt8]) -> [UInt8]? {
        let text = address.prefix { $0 != UInt8(ascii: "%") }
        guard text.contains(UInt8(ascii: ":")), !text.contains(UInt8(ascii: ".")) else {
            return nil
        }
        let groups = text.split(
            separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard (3...9).contains(groups.count), groups.allSatisfy({ $0.count <= 4 }),
            groups.count < 9 || groups.contains(where: \.isEmpty)
        else {
            return nil
        }
        var first: [UInt8] = []
        for (index, group) in groups.enumerated() where first.count < 4 * 5 {
            if group.isEmpty, index > 0 {
                // `::` stands for as many zeros as are missing; they reach into the network.
                let missing = 9 - groups.count + (groups.last?.isEmpty == true ? 1 : 0)
                for _ in 0..<max(1, missing) where first.count < 4 * 5 {
                    first += SourceID.padded([])
                }
            } else if !group.isEmpty {
                first += SourceID.padded(group)
            }
        }
        return first.count == 4 * 5 ? first : nil
    }

    /// A group with all four digits, in lower case, and a colon.
    private static func padded(_ group: ArraySlice<UInt8>) -> [UInt8] {
        let zeros = [UInt8](repeating: UInt8(ascii: "0"), count: 4 - min(4, group.count))
        return zeros + group.map { $0 | 0x20 } + [UInt8(ascii: ":")]
    }
}
