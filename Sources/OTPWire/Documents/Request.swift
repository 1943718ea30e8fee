/// What otp-enroll asks swiftotpd for (docs/PROTOCOL.md).
public struct Request: Codable, Equatable, Sendable, Document.Versioned {
    /// `Document.version`.
    public var version = Document.version
    /// The name of the user to act on; `nil` for the caller.
    public var user: String?
    /// Who gave the command, for the log and the event list. Believed only of root.
    public var by: String?
    /// One of the user's codes, as typed, if the change needs one.
    public var proof: String?
    /// What to do.
    public var command: Command

    public init(
        _ command: Command, user: String? = nil, by: String? = nil, proof: String? = nil
    ) {
        self.command = command
        self.user = user
        self.by = by
        self.proof = proof
    }
}

/// Everything that can be asked for: a closed list. One table of the service says who may ask for
/// what (`Rights`).
public enum Command: Codable, Equatable, Sendable {
    // MARK: Looking

    /// What the options say about things that otp-enroll explains to users.
    case policy
    /// The user's account, without its secrets.
    case status
    /// Which UIDs have a record, starting after this one. With `name`, in a fleet that goes by
    /// names: which names, starting after that one.
    case recorded(after: UInt32?, name: String?)
    /// A row for each of these UIDs.
    case rows(of: [NumberDocument])

    /// Who the help desk is, and what it did.
    case helpDesk
    /// Send a report to this mail address.
    case mailReport(to: String, text: String)

    // MARK: Trying

    /// Try a code, as a login would.
    case verify(code: String)
    /// Find a device's clock or counter from two codes that it showed in succession.
    case resync(first: String, second: String, name: String?)

    // MARK: Changing

    /// New backup codes; the old ones end.
    case renewBackupCodes
    /// Remove an authenticator.
    case remove(name: String)
    /// End the trust in the SSH key with this fingerprint, as ssh-keygen(1) prints it; without one,
    /// in all of them.
    case revokeTrust(fingerprint: String?)
    /// Turn the second factor off.
    case disable
    /// Turn the second factor off, even if the record can no longer be read.
    case reset
    /// Forget failures, now or after this many seconds.
    case unlock(after: UInt64?)
    /// Make the record of an earlier name or UID the user's own, or say whether that is possible.
    case move(from: String, rehearses: Bool)
    /// The language for a user, `sv` for example; none for the service's own. With `unlessSet`, an
    /// earlier choice stays.
    case speak(language: String?, unlessSet: Bool)
    /// Issue a temporary code, valid for this many seconds; without a number, for a day, or less if
    /// the policy allows less. With an address it is sent there by mail, and is not in the reply.
    case issue(seconds: UInt64?, mail: String?)
    /// Revoke the temporary code.
    case revokeIssued
    /// Where codes by message go (`mail` or `sms`); without an address, nowhere. For a user's own, it
    /// only sends a code there, for `confirmContact`.
    case contact(kind: String, address: String?)
    /// Use the ticket's address, if this is the code that was sent there.
    case confirmContact(ticket: String, code: String)

    // MARK: Enrolling

    /// Make a key for a new authenticator, which is not stored yet.
    case begin(device: DeviceDocument)
    /// Store the ticket's authenticator, if this is its code.
    case confirm(ticket: String, code: String)
    /// Store it without a code.
    case keep(ticket: String)

    // MARK: Coming and going

    /// Store an authenticator from another program, or say what would happen. A user who is or was
    /// enrolled gets it only if `isMeant`; a key of fewer than 128 bits is accepted only if
    /// `allowsShortKeys`.
    case take(token: TokenDocument, rehearses: Bool, isMeant: Bool, allowsShortKeys: Bool)
    /// The authenticators of these UIDs, with their keys.
    case keys(of: [NumberDocument])
    /// Record that these authenticators' keys were exported.
    case noteExport(names: [String])

    // MARK: A fleet

    /// Send the local records of these UIDs to the fleet's servers, or say what would happen. A user
    /// who is there already gets the local authenticators beside the others only if it `adds`.
    case bring(of: [NumberDocument], adds: Bool, rehearses: Bool)

    // MARK: The store

    /// Remove the record of a user who is gone, by UID or name.
    case forget(record: String)
    /// Make the store if there is none; if `startsEmpty`, even for a key whose store is not here.
    case makeStore(startsEmpty: Bool)
    /// Replace the seal key, step by step.
    case rekey(step: RekeyStep)
    /// The records, with all their keys, for a backup.
    case backUp(step: BackupStep)
    /// Make records from a backup of this time their users' own, or say what would happen. `window`
    /// is the widest of the PAM lines, if it is more than the configuration's. With `keepsCodes`,
    /// backup codes stay good and counters go on; if it `bringsBack`, authenticators that were
    /// removed here since come back.
    case restore(
        records: [RecordDocument], time: UInt64, window: UInt8, keepsCodes: Bool,
        bringsBack: Bool, rehearses: Bool)
}

/// A UID, and the users who have it.
public struct NumberDocument: Codable, Equatable, Sendable {
    public var uid: UInt32
    /// Usually one; several if the system assigned it twice.
    public var users: [String]

    public init(uid: UInt32, users: [String]) {
        self.uid = uid
        self.users = users
    }

    /// How many a request for rows may have.
    public static let mostRows = 48
    /// The same for keys.
    public static let mostKeys = 12
}

// There may be many: a list of the UID and the names takes half the time of an object.
extension NumberDocument {
    public init(from decoder: any Decoder) throws {
        var list = try decoder.unkeyedContainer()
        uid = try list.decode(UInt32.self)
        users = []
        while !list.isAtEnd { users.append(try list.decode(String.self)) }
    }

    public func encode(to encoder: any Encoder) throws {
        var list = encoder.unkeyedContainer()
        try list.encode(uid)
        for user in users { try list.encode(user) }
    }
}

/// What a new authenticator should be.
public struct DeviceDocument: Codable, Equatable, Sendable {
    /// Its name; `nil` for the first free one.
    public var name: String?
    /// `totp` or `hotp`.
    public var kind: String
    /// `SHA1`, `SHA256` or `SHA512`.
    public var algorithm: String
    public var digits: UInt8
    /// Seconds.
    public var period: UInt16
    /// The counter of the first code, for HOTP.
    public var counter: UInt64
    /// The key in Base32, if the device already has one.
    public var key: String?
    /// Whether it is stored without a code.
    public var isUnconfirmed: Bool

    public init(
        name: String?, kind: String, algorithm: String, digits: UInt8, period: UInt16,
        counter: UInt64, key: String? = nil, isUnconfirmed: Bool = false
    ) {
        self.name = name
        self.kind = kind
        self.algorithm = algorithm
        self.digits = digits
        self.period = period
        self.counter = counter
        self.key = key
        self.isUnconfirmed = isUnconfirmed
    }
}

/// An authenticator from another program.
public struct TokenDocument: Codable, Equatable, Sendable {
    /// The authenticator. Its name is a wish; if it is taken, a similar one is used.
    public var authenticator: AuthenticatorDocument
    /// Its key in Base32.
    public var key: String

    public init(_ authenticator: AuthenticatorDocument, key: String) {
        self.authenticator = authenticator
        self.key = key
    }
}
