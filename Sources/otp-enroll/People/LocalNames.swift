import OTPStore

/// The names that this machine knows itself. A directory is not asked: it may list nobody, or very
/// many, and take its time.
enum LocalNames {
    /// The maximum size of a file to be read completely, in bytes.
    private static let limit = 32 << 20

    /// The users of /etc/passwd, and everybody who has logged in.
    static var users: [String] {
        merged(entries(of: "/etc/passwd").map(\.name))
    }

    /// The same without system accounts, to which nobody logs in.
    static var people: [String] {
        let least = SystemUsers().peoplesNumbers().lowerBound
        let people = entries(of: "/etc/passwd").filter { $0.number == 0 || $0.number >= least }
        return merged(people.map(\.name))
    }

    /// The groups of /etc/group.
    static var groups: [String] { entries(of: "/etc/group").map(\.name) }

    /// The names and IDs in a file of lines such as `root:x:0:`.
    private static func entries(of file: String) -> [(name: String, number: UInt32)] {
        // As bytes, since there may be a hundred thousand lines.
        let bytes = SystemFiles.bytes(file, lastly: limit) ?? []
        return bytes.split(separator: UInt8(ascii: "\n")).compactMap { line in
            let fields = line.split(
                separator: UInt8(ascii: ":"), maxSplits: 3, omittingEmptySubsequences: false)
            guard fields.count == 4, !fields[0].isEmpty,
                let number = UInt32(String(decoding: fields[2], as: UTF8.self))
            else { return nil }
            return (String(decoding: fields[0], as: UTF8.self), number)
        }
    }

    private static func merged(_ listed: [String]) -> [String] {
        let known = Set(listed)
        let others = RecentLogins().names.map { String(decoding: $0, as: UTF8.self) }
        return listed + others.filter { !$0.isEmpty && !known.contains($0) }.sorted()
    }
}
