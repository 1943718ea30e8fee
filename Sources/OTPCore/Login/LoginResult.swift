/// How a login ended; `pam_swiftotp` has one table that maps this to PAM's codes.
public enum LoginResult: Equatable, Sendable {
    /// Let in, and what was used is recorded as used, durably.
    case granted(Outcome.Factor)
    /// Let in as above, and then the SSH key was trusted under this name.
    case trusting(Outcome.Factor, Name)
    /// Let in without a code, by a trusted SSH key: its name and fingerprint.
    case trusted(Name, fingerprint: [UInt8])
    /// Let in without a code, by an SSH key in a FIDO authenticator; `trouble` is what kept that
    /// from being recorded.
    case securityKey(SSHKey, trouble: StoreError?)
    /// Let in, and a device was enrolled under this name: after a temporary code, or (`nil`) by the
    /// first code of that device.
    case enrolled(Outcome.Factor?, Name)
    /// Let in while no server of the fleet was reached.
    case offline(OfflineFactor)
    /// Asked, and refused.
    case refused(Outcome.Refusal)
    /// Not checked, by the admin's choice.
    case ignored(Reason)
    /// The module cannot tell.
    case unavailable(StoreError)
    /// Nobody answered, or nobody could be asked.
    case conversationFailed

    /// The exceptions that the admin configured.
    public enum Reason: Equatable, Sendable {
        /// `exempt_group`.
        case exempt
        /// `exempt_networks`.
        case exemptNetwork
        /// `nullok`, and the store is sound and has no record.
        case notEnrolled
        /// `enroll`, and the user has put it off; `left` is how often that is still possible, `nil`
        /// for any number.
        case putOff(left: UInt8?)
    }
}
