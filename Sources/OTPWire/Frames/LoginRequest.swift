import OTPCore

/// What the module reports of a login: all that PAM knows. How much of it is believed depends on
/// who is connected.
public struct LoginRequest: Equatable, Sendable {
    /// The application asked for no messages (PAM_SILENT).
    public var isSilent = false
    /// According to the program's environment, its terminal shows only ASCII.
    public var showsASCII = false
    /// The user who logs in (PAM_USER).
    public var user: [UInt8] = []
    /// PAM_SERVICE
    public var service: [UInt8] = []
    /// PAM_TTY
    public var terminal: [UInt8] = []
    /// PAM_RHOST
    public var remoteHost: [UInt8] = []
    /// PAM_RUSER
    public var remoteUser: [UInt8] = []
    /// `SSH_CONNECTION` of PAM's environment; empty for none.
    public var connection: [UInt8] = []
    /// `SSH_AUTH_INFO_0` of PAM's environment; empty for none.
    public var methods: [UInt8] = []
    /// The module's arguments, except those for the module itself.
    public var arguments: [[UInt8]] = []

    public init() {}

    /// Reads a payload; `nil` if the bytes are not exactly one of this version.
    public init?(decoding bytes: [UInt8]) {
        var cursor = Cursor()
        guard cursor.byte(bytes.span) == Frame.version, let flags = cursor.byte(bytes.span),
            flags <= 3, let user = LoginRequest.text(bytes, &cursor),
            let service = LoginRequest.text(bytes, &cursor),
            let terminal = LoginRequest.text(bytes, &cursor),
            let remoteHost = LoginRequest.text(bytes, &cursor),
            let remoteUser = LoginRequest.text(bytes, &cursor),
            let connection = LoginRequest.text(bytes, &cursor),
            let methods = LoginRequest.text(bytes, &cursor)
        else { return nil }
        (isSilent, showsASCII) = (flags & 1 != 0, flags & 2 != 0)
        (self.user, self.service, self.terminal) = (user, service, terminal)
        (self.remoteHost, self.remoteUser) = (remoteHost, remoteUser)
        (self.connection, self.methods) = (connection, methods)
        while cursor.offset < bytes.count {
            guard let argument = LoginRequest.text(bytes, &cursor) else { return nil }
            arguments.append(argument)
        }
    }

    private static func text(_ bytes: [UInt8], _ cursor: inout Cursor) -> [UInt8]? {
        guard let length = cursor.uint16(bytes.span) else { return nil }
        return cursor.bytes(Int(length), of: bytes.span)
    }
}
