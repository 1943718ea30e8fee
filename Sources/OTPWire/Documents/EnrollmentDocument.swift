import OTPCore

/// A new authenticator on its way into a record: in a ticket, and to the servers of a fleet.
public struct EnrollmentDocument: Codable, Equatable, Sendable {
    public var authenticator: AuthenticatorDocument
    /// In Base32.
    public var key: String
    public var hasWishedName: Bool
    public var replaced: UInt64?
    public var isFirst: Bool
    public var epoch: UInt64

    public init(
        _ authenticator: Authenticator, key: String, hasWishedName: Bool, replaced: UInt64?,
        isFirst: Bool, epoch: UInt64
    ) {
        self.authenticator = AuthenticatorDocument(authenticator)
        self.key = key
        (self.hasWishedName, self.replaced) = (hasWishedName, replaced)
        (self.isFirst, self.epoch) = (isFirst, epoch)
    }

    public init(_ new: borrowing Enrollment) {
        self.init(
            new.authenticator,
            key: new.key.withBytes { String(decoding: Base32.encode($0), as: UTF8.self) },
            hasWishedName: new.hasWishedName, replaced: new.replaced, isFirst: new.isFirst,
            epoch: new.epoch)
    }

    /// `nil` if it is impossible.
    public func enrollment() -> Enrollment? {
        let text = Array(key.utf8)
        guard let authenticator = authenticator.authenticator, let key = Base32.decode(text.span)
        else { return nil }
        return Enrollment(
            authenticator, key: key, hasWishedName: hasWishedName, replaced: replaced,
            isFirst: isFirst, epoch: epoch)
    }
}
