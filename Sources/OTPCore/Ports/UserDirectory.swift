/// Looks up users and groups.
public protocol UserDirectory {
    /// The user of this name; `nil` if there is none.
    func user(named name: [UInt8]) throws(StoreError) -> User?
    /// Whether `user` is in `group`; it is an error if the group does not exist.
    func isMember(_ user: User, of group: [UInt8]) throws(StoreError) -> Bool
}
