import FleetStore
import OTPCore
import OTPService

/// Proves at the later steps of a login, to any server, that the user was let in at this host a
/// moment ago. The host keeps it, sealed with the fleet's key.
struct Permit: SealedTicket {
    /// How long it is good, in seconds: long enough to enroll a device.
    private static let lifetime: UInt64 = 15 * 60

    /// The longest text, in bytes.
    private static let maximumLength = 1024

    /// The host's id, which another host of the same name has not.
    let host: String
    let user: String
    let uid: UInt32
    let begun: UInt64

    init(for act: Act) {
        host = act.host.id.text
        user = String(decoding: act.user.name, as: UTF8.self)
        uid = act.user.uid
        begun = act.time
    }

    /// Whether it is of this host and user, and still good.
    func isGood(for act: Act) -> Bool {
        host == act.host.id.text && user.utf8.elementsEqual(act.user.name) && uid == act.user.uid
            && act.time >= begun && act.time - begun <= Permit.lifetime
    }

    /// Reads what the host has sent; `nil` if this fleet did not make it.
    static func read(_ text: String, in records: FleetRecords) throws(StoreError) -> Permit? {
        guard text.utf8.count <= maximumLength else { return nil }
        return try open(text, in: records)
    }
}
