import FleetStore
import OTPCore
import OTPService

/// Proves at later steps, to any server, that a user has given a code at this host a moment ago. The
/// host keeps it, sealed with the fleet's key.
struct Permit: SealedTicket {
    /// What it is good for.
    enum Purpose: String, Codable {
        /// The rest of a login.
        case login
        /// Looking at other users, by somebody with a role: the next pages of a list, or an account.
        case look

        /// How long, in seconds: long enough to enroll a device, and as long as a code of the help
        /// desk counts on one host.
        fileprivate var lifetime: UInt64 {
            switch self {
            case .login: 15 * 60
            case .look: 5 * 60
            }
        }
    }

    /// The longest text, in bytes.
    private static let maximumLength = 1024

    let purpose: Purpose
    /// The host's id, which another host of the same name has not.
    let host: String
    let user: String
    let uid: UInt32
    let begun: UInt64
    /// For looking, the epoch of the user's record.
    let epoch: UInt64

    init(_ purpose: Purpose, for act: Act, in epoch: UInt64 = 0) {
        self.purpose = purpose
        host = act.host.id.text
        user = String(decoding: act.user.name, as: UTF8.self)
        uid = act.user.uid
        begun = act.time
        self.epoch = epoch
    }

    /// Whether it is for this, of this host and user, and still good.
    func isGood(_ purpose: Purpose, for act: Act, in epoch: UInt64 = 0) -> Bool {
        self.purpose == purpose && host == act.host.id.text
            && user.utf8.elementsEqual(act.user.name) && uid == act.user.uid
            && self.epoch == epoch && act.time >= begun && act.time - begun <= purpose.lifetime
    }

    /// Reads what the host has sent; `nil` if this fleet did not make it.
    static func read(_ text: String, in records: FleetRecords) throws(StoreError) -> Permit? {
        guard text.utf8.count <= maximumLength else { return nil }
        return try open(text, in: records)
    }
}
