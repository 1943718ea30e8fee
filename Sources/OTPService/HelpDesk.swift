import OTPCore

/// Who is the help desk, and whom it must leave alone.
public protocol HelpDesk {
    /// Whether the user is a member.
    func includes(_ user: User) throws(StoreError) -> Bool
    /// Whether members must leave the user alone.
    func protects(_ user: User) throws(StoreError) -> Bool
}
