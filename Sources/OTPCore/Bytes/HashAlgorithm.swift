/// The hash functions of RFC 6238, section 1.2.
public enum HashAlgorithm: UInt8, CaseIterable, Sendable {
    case sha1 = 1
    case sha256 = 2
    case sha512 = 3

    /// The name as the otpauth key URI spells it.
    public var name: String {
        switch self {
        case .sha1: "SHA1"
        case .sha256: "SHA256"
        case .sha512: "SHA512"
        }
    }

    public init?(name: String) {
        guard let known = HashAlgorithm.allCases.first(where: { $0.name == name }) else {
            return nil
        }
        self = known
    }

    /// Length of the hash in bytes, which is also the recommended key length (RFC 6238, 5.1).
    public var digestLength: Int {
        switch self {
        case .sha1: 20
        case .sha256: 32
        case .sha512: 64
        }
    }
}
