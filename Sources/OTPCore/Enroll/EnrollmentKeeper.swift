/// Where an enrollment at a login is kept.
public protocol EnrollmentKeeper {
    /// Stores a confirmed authenticator; `nil` if something else has happened meanwhile.
    func enroll(
        _ new: borrowing Enrollment, of user: User, from origin: [UInt8]
    ) throws(StoreError) -> Enrollment.Kept?
}
