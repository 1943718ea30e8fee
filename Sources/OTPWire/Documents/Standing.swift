import OTPCore

/// Whether an enrolled user can log in now, according to the record.
public enum Standing: Equatable, Sendable {
    /// There is something that logs in.
    case ready
    /// There was a temporary code, and nothing else.
    case ended
    /// A hundred wrong codes have closed it for everybody; whether an SSH key still skips the code.
    case closed(hasTrust: Bool)
    /// The same, but backup or temporary codes still work.
    case almostClosed

    /// `nil` for a user who is not enrolled.
    public init?(_ account: RowDocument.Account) {
        guard account.isEnrolled else { return nil }
        let hasOthers = account.backupCodesLeft > 0 || account.temporaryCode?.state == .live
        if let lock = account.lock, lock.isClosed, lock.reach == .everybody {
            self = hasOthers ? .almostClosed : .closed(hasTrust: account.trustedKeys > 0)
        } else {
            self = hasOthers || !account.authenticators.isEmpty ? .ready : .ended
        }
    }
}
