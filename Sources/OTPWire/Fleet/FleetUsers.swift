import OTPCore

/// Which users a host leaves to the servers of a fleet.
public struct FleetUsers: Codable, Equatable, Sendable {
    /// The first and the last UID.
    public var numbers: [UInt32]
    /// The names of those who stay local all the same.
    public var local: [String]

    public init(_ options: Options) {
        numbers = [options.fleetUsers.lowerBound, options.fleetUsers.upperBound]
        local = (options.localUsers ?? []).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Whether the user is one of them.
    public func contains(_ user: User) -> Bool {
        guard let first = numbers.first, let last = numbers.last else { return false }
        return first <= user.uid && user.uid <= last
            && !local.contains { $0.utf8.elementsEqual(user.name) }
    }
}
