/// What sshd says it has checked so far in this session, read from `SSH_AUTH_INFO_0`.
///
/// sshd writes one line per method that has succeeded: its name and, after a blank, what it knows
/// about it. The text must come from PAM's environment: anybody could have set the process's own.
public struct SSHMethods: Sendable {
    /// The longest text that is read, in bytes: room for several certificates. In a longer one
    /// nothing counts.
    public static let maximumLength = 16_384

    /// Whether one of the methods authenticates the user.
    ///
    /// Keyboard-interactive does not, because that may have been this module; nor does hostbased,
    /// which authenticates a host; nor does a key that cannot be read.
    public private(set) var provesUser = false

    /// The readable keys of the public key logins, in order.
    public private(set) var keys: [SSHKey] = []

    /// The key of the only public key login; `nil` for none, for several, and for a key that cannot
    /// be read.
    public var key: SSHKey? { keyLines == 1 ? keys.first : nil }

    /// The first of them that is in a FIDO authenticator.
    var securityKey: SSHKey? { keys.first { $0.isSecurityKey } }

    /// How many lines are about a public key.
    private var keyLines = 0

    /// Parses any bytes; what is not written as sshd writes it is ignored.
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
