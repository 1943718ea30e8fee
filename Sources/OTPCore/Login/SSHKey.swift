/// The public key of a user who has logged in by ssh.
public struct SSHKey: Equatable, Sendable {
    /// The SHA-256 of the key, 32 bytes; for a certificate, of the key inside it, which stays the
    /// same when certificates are renewed.
    public let fingerprint: [UInt8]
    /// A short word for the type of key, in lower case: `ed25519`, `ecdsa-sk`, ...
    public let kind: [UInt8]
    /// Whether the private key is in a FIDO authenticator, and sshd has verified its signature.
    /// sshd does not report whether somebody touched it or typed its PIN; it can require that.
    public let isSecurityKey: Bool

    /// The key that sshd calls a `type` and writes as `text` in Base64.
    ///
    /// `nil` for a type that is not listed below, and for anything but exactly one key of that
    /// type.
    init?(type: ArraySlice<UInt8>, text: ArraySlice<UInt8>) {
        guard let name = SSHKeyType(type), let blob = Base64.decode(text.span) else { return nil }
        var fields = SSHFields(blob)
        guard let inside = fields.string(), inside.elementsEqual(type) else { return nil }
        // A certificate is a nonce, the key, and what is certified.
        if name.isCertificate, fields.string() == nil { return nil }
        let start = fields.offset
        guard fields.key(of: name.form) else { return nil }
        let end = fields.offset
        if name.isCertificate, !fields.certified() { return nil }
        guard fields.isAtEnd else { return nil }
        if name.isCertificate {
            var plain: [UInt8] = []
            plain.append(bigEndian: UInt32(truncatingIfNeeded: name.plain.count))
            plain.append(copying: name.plain.span)
            plain.append(copying: blob.span.extracting(start..<end))
            fingerprint = Cryptography.sha256(plain.span)
        } else {
            fingerprint = Cryptography.sha256(blob.span)
        }
        kind = Array(name.form.word.utf8)
        isSecurityKey = name.form.isSecurityKey
    }

    /// A fingerprint as ssh-keygen and sshd write it: `SHA256:...`, without padding.
    public static func text(of fingerprint: [UInt8]) -> String {
        let text = "SHA256:".utf8 + Base64.encode(fingerprint.span)
        return String(decoding: text, as: UTF8.self)
    }
}

/// The name of a key's type, parsed.
private struct SSHKeyType {
    /// The types of keys. DSA is not among them: OpenSSH has dropped it.
    enum Form: CaseIterable {
        case ed25519, rsa, nistp256, nistp384, nistp521, ed25519SecurityKey, nistp256SecurityKey

        /// What the names of its types begin with.
        var stem: String {
            switch self {
            case .ed25519: "ssh-ed25519"
            case .rsa: "ssh-rsa"
            case .nistp256: "ecdsa-sha2-nistp256"
            case .nistp384: "ecdsa-sha2-nistp384"
            case .nistp521: "ecdsa-sha2-nistp521"
            case .ed25519SecurityKey: "sk-ssh-ed25519"
            case .nistp256SecurityKey: "sk-ecdsa-sha2-nistp256"
            }
        }

        /// Whether the private key is in a FIDO authenticator.
        var isSecurityKey: Bool { self == .ed25519SecurityKey || self == .nistp256SecurityKey }

        /// A short word for people.
        var word: String {
            switch self {
            case .ed25519: "ed25519"
            case .rsa: "rsa"
            case .nistp256, .nistp384, .nistp521: "ecdsa"
            case .ed25519SecurityKey: "ed25519-sk"
            case .nistp256SecurityKey: "ecdsa-sk"
            }
        }
    }

    let form: Form
    let isCertificate: Bool
    /// The name of the type without that of the certificate.
    let plain: [UInt8]

    init?(_ name: ArraySlice<UInt8>) {
        let domain = "@openssh.com".utf8
        let version = "-cert-v01".utf8
        var stem = name
        let hasDomain = stem.suffix(domain.count).elementsEqual(domain)
        if hasDomain { stem = stem.dropLast(domain.count) }
        isCertificate = hasDomain && stem.suffix(version.count).elementsEqual(version)
        if isCertificate { stem = stem.dropLast(version.count) }
        let found = Form.allCases.first { $0.stem.utf8.elementsEqual(stem) }
        guard let found, hasDomain == (isCertificate || found.isSecurityKey) else { return nil }
        form = found
        plain = stem + (found.isSecurityKey ? Array(domain) : [])
    }
}

/// The fields of a key, in order (RFC 4253, 6.6; RFC 5656; RFC 8709; OpenSSH's PROTOCOL.u2f and
/// PROTOCOL.certkeys).
private struct SSHFields {
    private let blob: [UInt8]
    private var cursor = Cursor()

    init(_ blob: [UInt8]) { self.blob = blob }

    var offset: Int { cursor.offset }
    var isAtEnd: Bool { cursor.offset == blob.count }

    /// The next field with a length before it.
    mutating func string() -> ArraySlice<UInt8>? {
        let blob = blob
        guard let length = cursor.uint32(blob.span), let count = Int(exactly: length),
            let start = cursor.skip(count, of: blob.span)
        else { return nil }
        return blob[start..<start + count]
    }

    /// Skips the fields of a key; whether they are valid.
    mutating func key(of form: SSHKeyType.Form) -> Bool {
        switch form {
        case .ed25519: string()?.count == 32
        case .rsa: positive() && positive()
        case .nistp256: point(on: "nistp256", bytes: 32)
        case .nistp384: point(on: "nistp384", bytes: 48)
        case .nistp521: point(on: "nistp521", bytes: 66)
        case .ed25519SecurityKey: string()?.count == 32 && application()
        case .nistp256SecurityKey: point(on: "nistp256", bytes: 32) && application()
        }
    }

    /// A positive number, in as few bytes as possible (RFC 4251, section 5).
    private mutating func positive() -> Bool {
        guard let number = string(), let first = number.first else { return false }
        if first != 0 { return first < 0x80 }
        guard let second = number.dropFirst().first else { return false }
        return second >= 0x80
    }

    /// The name of a curve, and a point with both coordinates.
    private mutating func point(on curve: String, bytes: Int) -> Bool {
        guard let name = string(), name.elementsEqual(curve.utf8), let point = string()
        else { return false }
        return point.count == 1 + 2 * bytes && point.first == 4
    }

    /// The application that the key was made for, such as `ssh:`.
    private mutating func application() -> Bool { string()?.isEmpty == false }

    /// Skips what a certificate says about its key; whether it is a user certificate.
    mutating func certified() -> Bool {
        let (blob, user) = (blob, UInt32(1))
        guard cursor.uint64(blob.span) != nil, cursor.uint32(blob.span) == user,
            string() != nil, string() != nil,  // its own name, and whom it is for
            cursor.uint64(blob.span) != nil, cursor.uint64(blob.span) != nil  // from and until
        else { return false }
        // Options, extensions, a reserved field, the signer, and the signature.
        for _ in 0..<5 where string() == nil { return false }
        return true
    }
}
