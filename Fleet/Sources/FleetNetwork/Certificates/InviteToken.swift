import Crypto
import OTPCore

/// What an admin gives to a new host: a secret for joining once, and the hash of the authority's
/// certificate, so that the host knows the right servers at first contact.
public struct InviteToken: Equatable, Sendable {
    /// 16 random bytes. Servers keep only `secretHash`.
    public let secret: [UInt8]
    /// SHA-256 of the authority's certificate, 32 bytes.
    public let authority: [UInt8]

    private static let (secretLength, hashLength, checkLength) = (16, 32, 2)
    /// Symbols of the text, and in each of its groups.
    private static let (symbols, group) = (80, 8)

    /// A new invite of the authority.
    public init(of trust: FleetTrust) {
        var generator = SystemRandomNumberGenerator()
        secret = (0..<InviteToken.secretLength).map { _ in
            UInt8.random(in: 0...255, using: &generator)
        }
        authority = trust.hash
    }

    init(secret: [UInt8], authority: [UInt8]) {
        (self.secret, self.authority) = (secret, authority)
    }

    /// Reads the text of an invite: upper or lower case, with spaces or hyphens or none.
    ///
    /// `nil` if it is not one; most mistakes in typing are noticed.
    public init?(_ text: String) {
        let (secretLength, hashLength) = (InviteToken.secretLength, InviteToken.hashLength)
        let symbols = text.utf8.prefix(4 * InviteToken.symbols).filter {
            !" -\r\n\t".utf8.contains($0)
        }
        // Bits after the last byte would be dropped.
        guard text.utf8.count <= 4 * InviteToken.symbols, symbols.count == InviteToken.symbols,
            let decoded = Base32.decode(symbols.span, as: .mistyped)
        else { return nil }
        let bytes = decoded.withBytes { $0.array }
        guard bytes.count == secretLength + hashLength + InviteToken.checkLength else { return nil }
        secret = Array(bytes.prefix(secretLength))
        authority = Array(bytes.dropFirst(secretLength).prefix(hashLength))
        guard bytes.suffix(InviteToken.checkLength).elementsEqual(checksum) else { return nil }
    }

    /// The text: ten groups of eight letters and digits, with hyphens between.
    public var text: String {
        let symbols = Base32.encode((secret + authority + checksum).span)
        let groups = stride(from: 0, to: symbols.count, by: InviteToken.group).map { start in
            String(decoding: symbols.dropFirst(start).prefix(InviteToken.group), as: UTF8.self)
        }
        return groups.joined(separator: "-")
    }

    /// SHA-256 of the secret, 32 bytes: what a server keeps.
    public var secretHash: [UInt8] { InviteToken.hash(of: secret) }

    /// SHA-256 of a secret, 32 bytes.
    public static func hash(of secret: [UInt8]) -> [UInt8] { Array(SHA256.hash(data: secret)) }

    private var checksum: [UInt8] {
        let all = Array("swiftotp invite".utf8) + secret + authority
        return Array(SHA256.hash(data: all).prefix(InviteToken.checkLength))
    }
}
