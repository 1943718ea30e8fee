import OTPStore

/// The names that this machine knows itself. A directory is not asked: it may list nobody, or very
/// many, and take its time.
enum LocalNames {
    /// The maximum size of a file to be read completely, in bytes.
    private static let limit = 32 << 20

    /// The users of /etc/passwd.
    static let listed = Set(entries(of: "/etc/passwd").map(\.name))

    /// The same, and whoever has logged in.
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

    /// The users of /etc/shadow whom no password lets in.
    static var locked: Set<String> {
        let locked = fields(of: "/etc/shadow").filter { fields in
            fields[1].first.map { [UInt8(ascii: "!"), UInt8(ascii: "*")].contains($0) } ?? false
        }
        return Set(locked.map { String(decoding: $0[0], as: UTF8.self) })
    }

    /// The names and numbers in a file of lines such as `root:x:0:`.
    private static func entries(of file: String) -> [(name: String, number: UInt32)] {
        fields(of: file).compactMap { fields in
            UInt32(String(decoding: fields[2], as: UTF8.self)).map {
                (String(decoding: fields[0], as: UTF8.self), $0)
            }
        }
    }

    /// The first three fields of each line, and the rest. By bytes: there may be a hundred thousand.
    private static func fields(of file: String) -> [[ArraySlice<UInt8>]] {
        let bytes = SystemFiles.bytes(file, lastly: limit) ?? []
        return bytes.split(separator: UInt8(ascii: "\n")).compactMap { line in
            let fields = line.split(
                separator: UInt8(ascii: ":"), maxSplits: 3, omittingEmptySubsequences: false)
            return fields.count == 4 && !fields[0].isEmpty ? fields : nil
        }
    }

    private static func merged(_ listed: [String]) -> [String] {
        let known = Set(listed)
        let others = RecentLogins().names.map { String(decoding: $0, as: UTF8.self) }
        return listed + others.filter { !$0.isEmpty && !known.contains($0) }.sorted()
    }
}
