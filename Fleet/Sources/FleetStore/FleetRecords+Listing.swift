import OTPCore

// The users of the host's realm, page by page: by UIDs, or by names in a fleet that goes by them.
extension FleetRecords {
    /// The UIDs beyond `number` of the realm's users: all of them, or else the lowest.
    public func userIDs(
        after number: UInt32?
    ) throws(StoreError) -> (numbers: [UInt32], isAll: Bool) {
        let found = try database.numbers(in: act.host.realm, after: number)
        return (found, found.count < Database.mostNumbers)
    }

    /// The users of the realm beyond `name`, by name: all of them, or else the first; `nil` if no
    /// name is like that.
    public func users(
        after name: String
    ) throws(StoreError) -> (users: [User], isAll: Bool)? {
        let name = Array(name.utf8)
        guard FleetRecords.isText(name) else { return nil }
        let found = try database.named(after: name, in: act.host.realm)
        return (found, found.count < Database.mostNames)
    }
}
