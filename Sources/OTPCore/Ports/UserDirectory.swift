/// Looks up users and groups.
public protocol UserDirectory {
    /// The user of this name; `nil` if there is none.
    func user(named name: [UInt8]) throws(StoreError) -> User?
    /// Whether `user` is in `group`; it is an error if the group does not exist.
    func isMember(_ user: User, of group: [UInt8]) throws(StoreError) -> Bool
}

extension UserDirectory {
    /// The UID that a user of this name has now, if it is another one.
    public func otherNumber(of user: User) throws(StoreError) -> UInt32? {
        guard let there = try self.user(named: user.name), there.name == user.name else {
            return nil
        }
        return there.uid == user.uid ? nil : there.uid
    }
}
