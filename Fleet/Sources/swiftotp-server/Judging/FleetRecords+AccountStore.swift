import FleetStore
import OTPCore
import OTPService

// What the requests of otp-enroll need of a store. A fleet's records are rows of one user each, so
// what concerns a folder of many has no answer here.
extension FleetRecords: AccountStore {
    /// The row is found by name, and compared with the UID, when it is opened.
    public func checkOtherNumber(of user: User) throws(StoreError) {}

    public func path(ofRecordOf user: User) -> [UInt8] { user.name }

    /// The audit has it.
    public func helpDeskLog() throws(StoreError) -> HelpDeskLog { HelpDeskLog() }

    public func changeHelpDeskLog(
        _ body: (inout HelpDeskLog) -> Bool
    ) throws(StoreError) -> Bool { true }
}
