import FleetStore
import FoundationEssentials
import OTPCore

/// Proves at the later steps of a login, to any server, that the user was let in at this host a
/// moment ago. The host keeps it, sealed with the fleet's key.
struct Permit: Codable {
    /// How long it is good, in seconds: long enough to enroll a device.
    private static let lifetime: UInt64 = 15 * 60

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

    func seal(in records: FleetRecords) throws(StoreError) -> String {
        guard let data = try? JSONEncoder().encode(self) else {
            throw StoreError(.system, [], "a permit cannot be made")
        }
        var plain = Array(data)
        let sealed = try records.sealTicket(&plain)
        return String(decoding: Base64.encode(sealed.span, isPadded: true), as: UTF8.self)
    }

    /// Opens the text of a permit; `nil` if this fleet did not make it.
    static func open(_ text: String, in records: FleetRecords) throws(StoreError) -> Permit? {
        let text = Array(text.utf8)
        guard text.count <= 1024, let sealed = Base64.decode(text.span),
            let plain = try records.openTicket(sealed)
        else { return nil }
        return try? JSONDecoder().decode(Permit.self, from: Data(plain))
    }
}
