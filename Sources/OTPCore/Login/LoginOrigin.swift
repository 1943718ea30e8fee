/// Where a login comes from.
public struct LoginOrigin: Sendable {
    /// The PAM service.
    public let service: [UInt8]
    /// The client's address or name; empty for this machine.
    public let address: [UInt8]
    /// Whom the throttle counts failures for: an SSH key, a network, or a service on this machine.
    public let source: SourceID
    /// What sshd has checked in this session; `nil` for another service.
    let sshMethods: SSHMethods?
    /// Whether it is a program of root's that asks, which is believed. Any other one speaks for the
    /// user whose program it is.
    let isBelieved: Bool

    /// A login by a program of root's. `methods` is SSH_AUTH_INFO_0 of PAM's environment, of logins
    /// by sshd alone; `remoteUser` is PAM_RUSER.
    public init(
        service: [UInt8], address: [UInt8], methods: [UInt8]?, remoteUser: [UInt8] = []
    ) {
        self.service = service
        self.address = address
        sshMethods = methods.map { SSHMethods($0) }
        isBelieved = true
        if let key = sshMethods?.keys.first {
            source = SourceID(key: key)
        } else if address.isEmpty {
            source = SourceID(service: service, remoteUser: remoteUser)
        } else {
            source = SourceID(address: address)
        }
    }

    /// A login by a program that is not root's, such as a screen locker: what it calls itself is
    /// for the log and the list of events, and it is on this machine.
    public init(ofAnyProgram service: [UInt8]) {
        self.service = Array(service.filter(LoginOrigin.isPartOfService).prefix(64))
        address = []
        sshMethods = nil
        isBelieved = false
        source = SourceID(service: self.service, remoteUser: [])
    }

    /// Whether a byte may be in the name of a service that anybody has chosen. No blanks: behind
    /// one, the list of events has an address.
    private static func isPartOfService(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
            UInt8(ascii: "."):
            true
        default: false
        }
    }

    /// Service and address, as the event list shows them.
    public var origin: [UInt8] {
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

    // MARK: What this session has proven

    /// Whether it is sshd that asks, by its name or by what it says of this session.
    public var isSSHD: Bool { sshMethods != nil || service.elementsEqual("sshd".utf8) }

    /// The client's address where a sshd of root's gives it as a number. A name never counts:
    /// whoever looks after the addresses of a network calls them as they like.
    var sshAddress: IPAddress? { isBelieved && isSSHD ? IPAddress(address[...]) : nil }

    /// Whether who logs in is on this machine already.
    var isHere: Bool { address.isEmpty }
}
