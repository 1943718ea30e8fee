// What failures are counted for. A user who has logged in from a source waits there only for its
// own failures.

extension SourceID {
    /// An SSH key; for a certificate the key inside it, which stays the same when certificates are
    /// renewed.
    init(key: SSHKey) { self.init(Array("key ".utf8), key.fingerprint, isKey: true) }

    /// Where a login comes from: an address, or for IPv6 its network, in which a client has as many
    /// addresses as it likes.
    init(address: [UInt8]) {
        self.init(Array("from ".utf8), SourceID.network(address) ?? address)
    }

    /// A service on this machine, and its caller, if known.
    init(service: [UInt8], remoteUser: [UInt8]) {
        self.init(Array("here ".utf8), service + [0] + remoteUser)
    }

    /// The programs of a user that may check others' codes, whatever service they name.
    init(verifier: [UInt8]) { self.init(Array("for ".utf8), verifier) }

    /// otp-enroll on this machine.
    public static let command = SourceID(service: Array("otp-enroll".utf8), remoteUser: [])

    private init(_ kind: [UInt8], _ name: [UInt8], isKey: Bool = false) {
        let text = kind + name
        self.init(text.span, isKey: isKey)
    }

    /// A numeric IPv4 address as it is, even inside an IPv6 one; for other IPv6 addresses the first
    /// half, as four groups of four digits. `nil` for anything else. The interface (`%eth0`) does
    /// not matter.
    private static func network(_ address: [UInt8]) -> [UInt8]? {
        guard let address = IPAddress(address.prefix { $0 != UInt8(ascii: "%") }) else {
            return nil
        }
        guard address.isLong else {
            return Array(address.bytes.map { "\($0)" }.joined(separator: ".").utf8)
        }
        var text: [UInt8] = []
        for (index, byte) in address.bytes.prefix(8).enumerated() {
            text.append(Hex.symbol(byte >> 4, uppercase: false))
            text.append(Hex.symbol(byte & 15, uppercase: false))
            if index % 2 == 1 { text.append(UInt8(ascii: ":")) }
        }
        return text
    }
}
