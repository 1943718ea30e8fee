/// Looks up users and groups.
public protocol UserDirectory {
    /// The user of this name, or `nil` for nobody.
    func user(named name: [UInt8]) throws(StoreError) -> User?
    /// Whether `user` belongs to `group`; a group that does not exist is an error.
    func isMember(_ user: User, of group: [UInt8]) throws(StoreError) -> Bool
}
