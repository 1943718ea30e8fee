import OTPCore
import OTPWire

/// Who has a record: UIDs, or in a fleet that goes by names, names.
struct Recorded {
    private(set) var numbers = RecordedNumbers()
    /// `nil` unless it goes by them.
    private(set) var names: RecordedNames?

    /// The command that asks for the next page.
    var next: Command {
        guard let names else { return .recorded(after: numbers.last, name: nil) }
        return .recorded(after: nil, name: names.users.last?.shownName ?? "")
    }

    /// Adds a page; `false` if it does not follow those before it, or has nothing though there is
    /// more.
    mutating func append(
        _ ranges: [[UInt32]], _ page: [NumberDocument]?, isAll: Bool
    ) -> Bool {
        guard let page else {
            return names == nil && numbers.append(ranges) && (isAll || !ranges.isEmpty)
        }
        // The first page says what the list goes by.
        guard numbers.last == nil, ranges.isEmpty else { return false }
        if names == nil { names = RecordedNames() }
        return names?.append(page) == true && (isAll || !page.isEmpty)
    }

    /// Whether this user has a record.
    func contains(_ user: User) -> Bool {
        names?.contains(user.name) ?? numbers.contains(user.uid)
    }
}

/// The names that have a record, in the order of their bytes.
struct RecordedNames {
    /// Each with the UID that the record was stored with.
    private(set) var users: [User] = []
    private var names: Set<[UInt8]> = []

    /// Adds names that follow all before them; `false` if they do not.
    mutating func append(_ page: [NumberDocument]) -> Bool {
        for number in page {
            guard number.users.count == 1, let name = number.users.first.map({ Array($0.utf8) }),
                users.last.map({ $0.name.lexicographicallyPrecedes(name) }) ?? true
            else { return false }
            users.append(User(name: name, uid: number.uid, gid: .max))
            names.insert(name)
        }
        return true
    }

    func contains(_ name: [UInt8]) -> Bool { names.contains(name) }
}
