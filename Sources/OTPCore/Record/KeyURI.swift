/// The `otpauth://` key URI that an app scans (the de facto Key URI Format; no RFC).
///
/// Written so that most apps can read it: the issuer both as the label's prefix and as a parameter,
/// `%20` for a space, Base32 without padding, and no parameter that has its default value.
public enum KeyURI {
    /// The longest issuer or account, in bytes of UTF-8.
    public static let maximumPartLength = 64

    /// Whether `part` may be an issuer or an account: 1 to 64 bytes of UTF-8 without control
    /// characters and without a colon, which apps take for the separator even if it is encoded.
    public static func allows(_ part: Span<UInt8>) -> Bool {
        guard (1...maximumPartLength).contains(part.count), isUTF8(part) else { return false }
        for index in part.indices
        where part[index] < 0x20 || part[index] == 0x7f || part[index] == UInt8(ascii: ":") {
            return false
        }
        return true
    }

    /// The URI of a key with `label`, shortened by `cut`. It is wiped with its owner.
    public static func make(
        _ authenticator: Authenticator, key: Span<UInt8>, label: KeyLabel,
        cut: KeyLabel.Cut = .nothing
    ) -> Secret? {
        let left = label.after(cut)
        let (issuer, account) = (left.issuer, left.account)
        return make(
            authenticator, key: key, issuer: issuer.span, account: account.span,
            isBrief: cut != .nothing)
    }

    private static func isUTF8(_ part: Span<UInt8>) -> Bool {
        do throws(UTF8.ValidationError) {
            _ = try UTF8Span(validating: part)
            return true
        } catch {
            return false
        }
    }

    /// The URI as ASCII; it contains the key, so it is wiped with its owner. `nil` if issuer or
    /// account are not allowed. If `isBrief`, only the label has the issuer, which makes a smaller
    /// QR code.
    public static func make(
        _ authenticator: Authenticator, key: Span<UInt8>, issuer: Span<UInt8>,
        account: Span<UInt8>, isBrief: Bool = false
    ) -> Secret? {
        guard allows(issuer), allows(account) else { return nil }
        var uri: [UInt8] = []
        uri.reserveCapacity(512)
        uri.append(contentsOf: "otpauth://".utf8)
        uri.append(contentsOf: (authenticator.kind == .totp ? "totp/" : "hotp/").utf8)
        escape(issuer, into: &uri)
        uri.append(UInt8(ascii: ":"))
        escape(account, into: &uri)
        uri.append(contentsOf: "?secret=".utf8)
        uri.append(contentsOf: Base32.encode(key))
        if !isBrief {
            uri.append(contentsOf: "&issuer=".utf8)
            escape(issuer, into: &uri)
        }
        if authenticator.algorithm != .sha1 {
            uri.append(contentsOf: "&algorithm=".utf8)
            uri.append(contentsOf: authenticator.algorithm.name.utf8)
        }
        if authenticator.digits != 6 {
            uri.append(contentsOf: "&digits=".utf8)
            uri.append(decimal: UInt64(authenticator.digits))
        }
        if authenticator.kind == .hotp {
            uri.append(contentsOf: "&counter=".utf8)
            uri.append(decimal: authenticator.nextStep)
        } else if authenticator.period != 30 {
            uri.append(contentsOf: "&period=".utf8)
            uri.append(decimal: UInt64(authenticator.period))
        }
        return Secret(wiping: &uri)
    }

    /// The number of bytes that a part takes in the URI.
    static func length(of part: [UInt8]) -> Int {
        part.reduce(0) { $0 + (isPlain($1) ? 1 : 3) }
    }

    /// Percent-encodes everything except RFC 3986's unreserved characters and `@`.
    private static func escape(_ part: Span<UInt8>, into uri: inout [UInt8]) {
        for index in part.indices {
            let byte = part[index]
            if isPlain(byte) {
                uri.append(byte)
            } else {
                uri.append(UInt8(ascii: "%"))
                uri.append(hex: byte, uppercase: true)
            }
        }
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: "@"):
            true
        default: false
        }
    }
}
