/// What an app shows next to a key's codes: the issuer and the account.
public struct KeyLabel: Equatable, Sendable {
    /// The issuer of the codes.
    public let issuer: [UInt8]
    /// The user's name, without the device.
    let user: [UInt8]
    /// The device, if the user has others.
    private let device: [UInt8]?

    /// Accepts any texts: characters that a key URI cannot have are left out.
    public init(issuer: [UInt8], user: [UInt8], device: Name?) {
        self.issuer = KeyLabel.part(of: issuer)
        self.device = device?.bytes
        let brackets = KeyLabel.opening.count + KeyLabel.closing.count
        let end = (device.map { $0.bytes.count + brackets }) ?? 0
        self.user = KeyLabel.part(of: user, limit: KeyURI.maximumPartLength - end)
    }

    private init(cutting whole: KeyLabel, to limits: Limits) {
        issuer = KeyLabel.cut(whole.issuer, to: limits.issuer)
        user = KeyLabel.cut(whole.user, to: limits.user)
        device = whole.device.map { KeyLabel.cut($0, to: limits.device) }
    }

    /// The account: `alice`, or `alice (tablet)` to distinguish it from her first one.
    public var account: [UInt8] {
        guard let device else { return user }
        return user + KeyLabel.opening + device + KeyLabel.closing
    }

    private static let opening = [UInt8](" (" as StaticString)
    private static let closing = [UInt8](")" as StaticString)

    /// `text` in the form of an issuer or account: UTF-8 of at most `limit` bytes, without control
    /// characters and direction marks, and with colons replaced by hyphens.
    public static func part(
        of text: [UInt8], limit: Int = KeyURI.maximumPartLength
    ) -> [UInt8] {
        var part: [UInt8] = []
        for scalar in String(decoding: text, as: UTF8.self).unicodeScalars
        where !scalar.isSteering {
            let bytes = scalar == ":" ? [UInt8(ascii: "-")] : Array(String(scalar).utf8)
            guard part.count + bytes.count <= limit else { break }
            part += bytes
        }
        return part.isEmpty ? [UInt8]("login" as StaticString) : part
    }

    // MARK: Shortening

    /// How much of a label is left out of a QR code, to make it smaller.
    public enum Cut: Int, CaseIterable, Sendable {
        /// Nothing.
        case nothing
        /// The repeated issuer in the URI.
        case repetition
        /// Also the end of a long issuer.
        case issuer
        /// Also the ends of a long account and of its device.
        case account
        /// Everything but the beginnings.
        case most
    }

    /// The maximum bytes of each part in the URI.
    private struct Limits {
        let issuer: Int, user: Int, device: Int
    }

    /// The label after a cut. With the limits of `account`, every key made at a login fits into a
    /// code of 37 squares per row.
    func after(_ cut: Cut) -> KeyLabel {
        switch cut {
        case .nothing, .repetition: self
        case .issuer: KeyLabel(cutting: self, to: Limits(issuer: 22, user: .max, device: .max))
        case .account: KeyLabel(cutting: self, to: Limits(issuer: 22, user: 14, device: 12))
        case .most: KeyLabel(cutting: self, to: Limits(issuer: 12, user: 8, device: 8))
        }
    }

    /// The beginning of `text` that takes `limit` bytes in a URI: up to a full stop, a space or an
    /// `@` if one is near, otherwise with a `~` at the cut.
    private static func cut(_ text: [UInt8], to limit: Int) -> [UInt8] {
        guard KeyURI.length(of: text) > limit else { return text }
        var (part, length) = ([UInt8](), 0)
        var place: (count: Int, length: Int)?
        for scalar in String(decoding: text, as: UTF8.self).unicodeScalars {
            let bytes = Array(String(scalar).utf8)
            if [".", " ", "@"].contains(scalar) { place = (part.count, length) }
            guard length + KeyURI.length(of: bytes) < limit else { break }
            part += bytes
            length += KeyURI.length(of: bytes)
        }
        if let place, place.length >= limit / 2 { return Array(part.prefix(place.count)) }
        return part + [UInt8(ascii: "~")]
    }
}
