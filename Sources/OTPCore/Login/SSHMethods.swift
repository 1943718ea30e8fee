/// What sshd says it has checked so far in this session, read from `SSH_AUTH_INFO_0`.
///
/// sshd writes a line for each method that has succeeded: its name and, after a blank, what it
/// knows about it. To be believed, the text has to come out of the PAM environment: the
/// process's own is anybody's.
public struct SSHMethods: Sendable {
    /// The longest text that is looked at, in bytes: room for several certificates. In a longer
    /// one nothing counts.
    public static let maximumLength = 16_384

    /// Whether a method among them proves who the user is.
    ///
    /// Keyboard-interactive does not, as it may have been this module; nor does hostbased, which
    /// proves a host; nor does a key that cannot be read.
    public private(set) var provesUser = false

    /// The keys of the public key logins that there were and that can be read, in their order.
    public private(set) var keys: [SSHKey] = []

    /// The key of the one public key login there was; `nil` for none, for several, and for a
    /// key that cannot be read.
    public var key: SSHKey? { keyLines == 1 ? keys.first : nil }

    /// The first of them that lies in a FIDO authenticator.
    var securityKey: SSHKey? { keys.first { $0.isSecurityKey } }

    /// How many lines are about a public key.
    private var keyLines = 0

    /// Reads any bytes; what is not written as sshd does it does not count.
    public init(_ text: [UInt8]) {
        guard text.count <= SSHMethods.maximumLength else { return }
        for line in text.split(separator: UInt8(ascii: "\n")) {
            let words = line.split(
                separator: UInt8(ascii: " "), maxSplits: 3, omittingEmptySubsequences: false)
            guard let method = words.first else { continue }
            // sshd writes no control characters.
            let isClean = line.allSatisfy { $0 >= 0x20 && $0 != 0x7f }
            if method.elementsEqual("publickey".utf8) {
                keyLines += 1
                if isClean, words.count >= 3, let key = SSHKey(type: words[1], text: words[2]) {
                    keys.append(key)
                    provesUser = true
                }
            } else if isClean && SSHMethods.provesUser(method) {
                provesUser = true
            }
        }
    }

    private static func provesUser(_ method: ArraySlice<UInt8>) -> Bool {
        method.elementsEqual("password".utf8) || method.elementsEqual("gssapi-with-mic".utf8)
            || method.elementsEqual("gssapi-keyex".utf8)
    }
}
