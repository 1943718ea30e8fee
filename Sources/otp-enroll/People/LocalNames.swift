import OTPStore

/// The names that this machine knows itself. A directory is not asked: it may list nobody, or very
/// many, and take its time.
enum LocalNames {
    /// The maximum size of a file to be read completely, in bytes.
    private static let limit = 32 << 20

    /// The users of /etc/passwd, and everybody who has logged in.
    static var users: [String] {
        let listed = fields(of: "/etc/passwd").compactMap(\.first).map(String.init)
        return merged(listed)
    }

    /// The same without system accounts, to which nobody logs in.
    static var people: [String] {
        let least = SystemUsers().peoplesNumbers().lowerBound
        let people = fields(of: "/etc/passwd").filter { fields in
            fields.count > 2 && UInt32(fields[2]).map { $0 == 0 || $0 >= least } == true
        }
        return merged(people.compactMap(\.first).map(String.init))
    }

    /// The groups of /etc/group.
    static var groups: [String] {
        fields(of: "/etc/group").compactMap(\.first).map(String.init)
    }

    private static func fields(of file: String) -> [[Substring]] {
        SystemFiles.lines(file, lastly: limit).map {
            $0.split(separator: ":", maxSplits: 3, omittingEmptySubsequences: false)
        }
    }

    private static func merged(_ listed: [String]) -> [String] {
        let known = Set(listed)
        let others = RecentLogins().names.map { String(decoding: $0, as: UTF8.self) }
        return listed + others.filter { !$0.isEmpty && !known.contains($0) }.sorted()
    }
}
