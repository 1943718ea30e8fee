import OTPCore
import OTPWire

/// Whether somebody who is enrolled can log in now, as far as the record says.
enum Standing: Equatable {
    /// There is something that logs in.
    case ready
    /// There was a temporary code, and nothing else.
    case ended
    /// A hundred wrong codes have closed it, for everybody; with an SSH key that skips the code.
    case closed(hasTrust: Bool)
    /// The same, and there are codes that work all the while.
    case almostClosed

    /// `nil` for somebody who is not enrolled.
    init?(_ account: RowDocument.Account) {
        guard account.isEnrolled else { return nil }
        let hasOthers = account.backupCodesLeft > 0 || account.temporaryCode?.state == .live
        if let lock = account.lock, lock.isClosed, lock.reach == .everybody {
            self = hasOthers ? .almostClosed : .closed(hasTrust: account.trustedKeys > 0)
        } else {
            self = hasOthers || !account.authenticators.isEmpty ? .ready : .ended
        }
    }
}
