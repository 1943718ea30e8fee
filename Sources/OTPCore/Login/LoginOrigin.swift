/// Where a login comes from.
public struct LoginOrigin: Sendable {
    /// The PAM service.
    public let service: [UInt8]
    /// The client's address or name; empty for this machine.
    public let address: [UInt8]
    /// What the throttle counts failures for: an SSH key, a network, or a service on this machine.
    public let source: SourceID
    /// What sshd has checked in this session; `nil` for any other service.
    let sshMethods: SSHMethods?
    /// Whether a program of root's asks, which is believed. Any other program speaks only for the
    /// user who runs it.
    let isBelieved: Bool
    /// Whether the user is already on this machine.
    let isHere: Bool
    /// Whose program asks, if it may check others' codes and is not root's.
    public let verifier: [UInt8]?

    /// A login by a program of root's. `methods` is SSH_AUTH_INFO_0 from PAM's environment, only
    /// for logins by sshd; `remoteUser` is PAM_RUSER.
    public init(
        service: [UInt8], address: [UInt8], methods: [UInt8]?, remoteUser: [UInt8] = []
    ) {
        self.service = service
        self.address = address
        sshMethods = methods.map { SSHMethods($0) }
        isBelieved = true
        isHere = address.isEmpty
        verifier = nil
        if let key = sshMethods?.keys.first {
            source = SourceID(key: key)
        } else if address.isEmpty {
            source = SourceID(service: service, remoteUser: remoteUser)
        } else {
            source = SourceID(address: address)
        }
    }

    /// A login by a program that is not root's, such as a screen locker. The service name that it
    /// gives is only for the log and the event list, and the login is on this machine.
    public init(ofAnyProgram service: [UInt8]) {
        self.service = Array(service.filter(LoginOrigin.isPartOfService).prefix(64))
        address = []
        sshMethods = nil
        isBelieved = false
        isHere = true
        verifier = nil
        source = SourceID(service: self.service, remoteUser: [])
    }

    /// A login of somebody by a program of `verifier`'s, which may check others' codes
    /// (`may_verify`). Where they come from is unknown, and failures count for the verifier.
    public init(of verifier: [UInt8], service: [UInt8]) {
        self.service = Array(service.filter(LoginOrigin.isPartOfService).prefix(64))
        address = []
        sshMethods = nil
        isBelieved = false
        isHere = false
        self.verifier = verifier
        source = SourceID(verifier: verifier)
    }

    /// A login at a host of a fleet, as that host reports it. What was proven there is the host's to
    /// know.
    public init(at host: String, service: [UInt8], address: [UInt8], source: SourceID) {
        // Whatever the host says, its own name is not cut off.
        let end = Array("@\(host)".utf8)
        let room = max(4, min(32, Event.originLength - end.count))
        self.service = Array(service.filter(LoginOrigin.isPartOfService).prefix(room)) + end
        self.address = address
        sshMethods = nil
        isBelieved = false
        isHere = false
        verifier = nil
        self.source = source
    }

    /// Whether a byte may be in a service name that a program has chosen. No blanks: in the event
    /// list a blank precedes an address.
    private static func isPartOfService(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
            UInt8(ascii: "."):
            true
        default: false
        }
    }

    /// Service and address, as the event list shows them; for a verifier, its name.
    public var origin: [UInt8] {
        if let verifier {
            let by = Array(" by ".utf8) + verifier
            return Array(service.prefix(max(8, Event.originLength - by.count))) + by
        }
        guard !address.isEmpty else { return service }
        var origin: [UInt8] = []
        origin.reserveCapacity(service.count + 1 + address.count)
        origin.append(copying: service.span)
        origin.append(UInt8(ascii: " "))
        origin.append(copying: address.span)
        return origin
    }

    /// Whether the client logged in with a public key, for `debug`.
    public var hasKey: Bool { sshMethods?.keys.isEmpty == false }

    // MARK: What was proven in this session

    /// Whether sshd asks, judging by its name or by its report on this session.
    public var isSSHD: Bool { sshMethods != nil || service.elementsEqual("sshd".utf8) }

    /// The client's address, if root's sshd gives it as a number. A name never counts: the owner of
    /// a network's addresses can name them at will.
    var sshAddress: IPAddress? { isBelieved && isSSHD ? IPAddress(address[...]) : nil }
}
