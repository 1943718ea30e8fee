/// What otp-enroll asks swiftotpd for (docs/PROTOCOL.md).
public struct Request: Codable, Equatable, Sendable, Document.Versioned {
    /// `Document.version`.
    public var version = Document.version
    /// Whom it is about, by name; `nil` for whoever asks.
    public var user: String?
    /// Who gave the command, for the log and the event list. Believed of root alone.
    public var by: String?
    /// A code of the user's as it was typed, where a change needs one.
    public var proof: String?
    /// What is to be done.
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

/// Everything that can be asked for: a closed list. Who may ask for what about whom is in one table
/// of the service (`Rights`).
public enum Command: Codable, Equatable, Sendable {
    // MARK: Looking

    /// What the options say of things that otp-enroll has words for.
    case policy
    /// The user's account, without anything secret.
    case status
    /// Which numbers have a record, from the one after this on.
    case recorded(after: UInt32?)
    /// A row for each of these numbers.
    case rows(of: [NumberDocument])

    // MARK: Trying

    /// Try a code, as a login would.
    case verify(code: String)
    /// Find out where a device is by two codes that it showed one after the other.
    case resync(first: String, second: String, name: String?)

    // MARK: Changing

    /// New backup codes; the old ones end.
    case renewBackupCodes
    /// Remove an authenticator.
    case remove(name: String)
    /// End the trust in the SSH key of this fingerprint, as ssh-keygen(1) prints it; in all of them
    /// without one.
    case revokeTrust(fingerprint: String?)
    /// End the second factor.
    case disable
    /// End the second factor, also of a record that nobody can read any more.
    case reset
    /// Forget failures, now or after so many seconds.
    case unlock(after: UInt64?)
    /// Make the record of a name or number that the user had before that of the user, or say whether
    /// that can be done.
    case move(from: String, rehearses: Bool)
    /// The language that the user is spoken to in, `sv` for example; none for the service's own. With
    /// `unlessSet`, one that was set before stays.
    case speak(language: String?, unlessSet: Bool)
    /// A temporary code, valid for so many seconds; without a number, for a day or what the policy
    /// allows.
    case issue(seconds: UInt64?)
    /// End the temporary code.
    case revokeIssued

    // MARK: Enrolling

    /// Make a key for a new authenticator, which is not kept yet.
    case begin(device: DeviceDocument)
    /// Keep what the ticket is for, if this is its code.
    case confirm(ticket: String, code: String)
    /// Keep it without a code.
    case keep(ticket: String)

    // MARK: Coming and going

    /// Keep what another program had, or say what would become of it. To somebody who is enrolled, or
    /// was, it is added only where that `isMeant`; a key of fewer than 128 bits only where somebody
    /// `allowsShortKeys`.
    case take(token: TokenDocument, rehearses: Bool, isMeant: Bool, allowsShortKeys: Bool)
    /// The authenticators of these numbers, with their keys.
    case keys(of: [NumberDocument])
    /// Write down that these authenticators' keys were exported.
    case noteExport(names: [String])

    // MARK: The store

    /// Remove the record of a user who is gone, by number or name.
    case forget(record: String)
    /// Make the store where there is none; also for a key whose store is not here, if it is to
    /// start empty.
    case makeStore(startsEmpty: Bool)
}

/// A number that the system knows, and who has it.
public struct NumberDocument: Codable, Equatable, Sendable {
    public var uid: UInt32
    /// Mostly one; several where the system gave it twice.
    public var users: [String]

    public init(uid: UInt32, users: [String]) {
        self.uid = uid
        self.users = users
    }

    /// How many there may be in a request for rows.
    public static let mostRows = 48
    /// The same for keys.
    public static let mostKeys = 12
}

// There may be many: a list of the number and the names takes half the time of an object.
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

/// What a new authenticator is to be.
public struct DeviceDocument: Codable, Equatable, Sendable {
    /// What to call it; `nil` for the first free name.
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
    /// The key in Base32, where the device has one already.
    public var key: String?
    /// Whether it is to be kept without a code.
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

/// What another program had.
public struct TokenDocument: Codable, Equatable, Sendable {
    /// What it is; its name is the wished one, and others like it are taken where that is not free.
    public var authenticator: AuthenticatorDocument
    /// Its key in Base32.
    public var key: String

    public init(_ authenticator: AuthenticatorDocument, key: String) {
        self.authenticator = authenticator
        self.key = key
    }
}
