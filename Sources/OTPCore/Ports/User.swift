/// A user of the system (passwd(5)).
public struct User: Equatable, Sendable {
    /// The name as the system spells it.
    public let name: [UInt8]
    /// What records are named by.
    public let uid: UInt32
    /// The primary group.
    public let gid: UInt32

    public init(name: [UInt8], uid: UInt32, gid: UInt32) {
        self.name = name
        self.uid = uid
        self.gid = gid
    }

    /// The longest name that is looked up, in bytes.
    public static let maximumNameLength = 256
}
