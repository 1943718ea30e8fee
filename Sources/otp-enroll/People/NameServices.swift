import OTPSystem

/// The sources in the name service switch (nsswitch.conf(5)).
enum NameServices {
    /// Sources that list all of their users: files of this machine, and users that it generates
    /// itself.
    private static let local: Set<String> = [
        "files", "compat", "systemd", "db", "altfiles", "extrausers", "mymachines",
    ]

    /// The sources of a database that are not this machine's own.
    static func foreign(_ database: String) -> [String] {
        var found: [String] = []
        for line in SystemFiles.lines("/etc/nsswitch.conf") {
            let parts = line.prefix { $0 != "#" }.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, parts[0].filter({ !$0.isWhitespace }) == database else {
                continue
            }
            // Brackets say what to do after a source.
            let pieces = parts[1].split(separator: "[", omittingEmptySubsequences: false)
            for (index, piece) in pieces.enumerated() {
                let sources = index == 0 ? piece : piece.drop { $0 != "]" }.dropFirst()
                found += sources.split(whereSeparator: \.isWhitespace).map(String.init)
            }
        }
        return found.filter { !local.contains($0) }
    }

    /// Whether a source lists users; getent(1) can query it alone.
    static func listsUsers(_ source: String) -> Bool {
        let said = Tool.ask(["/usr/bin/getent", "-s", source, "passwd"])
        return said?.output.isEmpty == false
    }
}
