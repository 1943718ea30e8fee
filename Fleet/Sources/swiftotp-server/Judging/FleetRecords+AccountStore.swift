import FleetStore
import OTPCore
import OTPService

// What the requests of otp-enroll need of a store. A fleet's records are rows of one user each, so
// what concerns a folder of many has no answer here.
extension FleetRecords: AccountStore {
    /// The row is found by name, and compared with the UID, when it is opened.
    public func checkOtherNumber(of user: User) throws(StoreError) {}

    public func owner(of number: UInt32) throws(StoreError) -> User? { nil }

    public func userIDs() throws(StoreError) -> [UInt32] { [] }

    public func path(ofRecord number: UInt32) -> [UInt8] { act.user.name }

    /// The audit has it.
    public func helpDeskLog() throws(StoreError) -> HelpDeskLog { HelpDeskLog() }

    public func changeHelpDeskLog(
        _ body: (inout HelpDeskLog) -> Bool
    ) throws(StoreError) -> Bool { true }
}
