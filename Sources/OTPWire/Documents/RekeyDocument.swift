/// A step of a rekey. After `begin`, each record is sealed with the next key, and `end` destroys the
/// earlier one.
public enum RekeyStep: Codable, Equatable, Sendable {
    /// Make the next key, unless a rekey is under way.
    case begin
    /// Seal the records of these UIDs.
    case seal(numbers: [UInt32])
    /// Destroy the earlier key, if no record needs it.
    case end

    /// How many records a request may name.
    public static let most = 48
}

/// What a step of a rekey has come to.
public struct RekeyDocument: Codable, Equatable, Sendable {
    /// Whether the earlier key is destroyed.
    public var isDone: Bool
    /// How many records could not be sealed, and still need the earlier key.
    public var left: Int
    /// The first of them, and why.
    public var troubles: [RecordTroubleDocument]

    /// The most troubles in a reply.
    public static let mostTroubles = 48

    public init(isDone: Bool, left: Int = 0, troubles: [RecordTroubleDocument] = []) {
        (self.isDone, self.left, self.troubles) = (isDone, left, troubles)
    }
}

/// What is wrong with a record.
public struct RecordTroubleDocument: Codable, Equatable, Sendable {
    public var uid: UInt32
    public var trouble: TroubleDocument

    public init(uid: UInt32, trouble: TroubleDocument) {
        (self.uid, self.trouble) = (uid, trouble)
    }
}
