/// A user of the system (passwd(5)).
public struct User: Equatable, Sendable {
    /// The name as the system spells it.
    public let name: [UInt8]
    /// The UID, which names the user's record.
    public let uid: UInt32
    /// The primary group.
    public let gid: UInt32

    public init(name: [UInt8], uid: UInt32, gid: UInt32) {
        self.name = name
        self.uid = uid
        self.gid = gid
    }

    /// The name as text.
    public var shownName: String { String(decoding: name, as: UTF8.self) }

    /// Name and UID, as events and a fleet's audit say whose a record was: `bob (1001)`.
    public var nameAndNumber: String { "\(shownName) (\(uid))" }

    /// The name as a word of a command; the UID if a shell would not take the name literally.
    public var commandName: String {
        let isPlain = name.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: "@"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
        return isPlain && !name.isEmpty && name[0] != UInt8(ascii: "-") ? shownName : String(uid)
    }

    /// The longest name that is looked up, in bytes.
    public static let maximumNameLength = 256
}
