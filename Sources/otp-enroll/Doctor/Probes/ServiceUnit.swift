import OTPSystem

/// What systemd lets swiftotpd.service see and write to, according to systemd itself, or else to
/// the unit's files.
struct ServiceUnit {
    static let name = "swiftotpd.service"

    private static let folders = [
        "/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system",
        "/usr/lib/systemd/system", "/lib/systemd/system",
    ]

    /// The files of the units, and their drop-ins.
    static var files: [String] {
        var files: [String] = []
        for folder in folders {
            for unit in [name, "swiftotpd.socket"] {
                files.append("\(folder)/\(unit)")
                files += dropIns("\(folder)/\(unit).d")
            }
        }
        return files
    }

    /// Whether the units are installed.
    static var isInstalled: Bool {
        folders.contains { SystemFiles.exists("\($0)/swiftotpd.socket") }
    }

    private var settings: [String: [String]] = [:]

    /// The settings that are read.
    private static let keys = [
        "ProtectSystem", "ProtectHome", "PrivateTmp", "TemporaryFileSystem", "StateDirectory",
        "ConfigurationDirectory", "BindPaths", "ReadWritePaths", "ReadOnlyPaths",
        "InaccessiblePaths",
    ]

    init() {
        if SystemFiles.exists("/run/systemd/system"),
            let said = Tool.ask(
                ["/usr/bin/systemctl", "show", Self.name]
                    + Self.keys.flatMap { ["--property", $0] }),
            said.status == 0, said.output.contains("ProtectSystem=")
        {
            for line in said.output.split(separator: "\n") { take(String(line)) }
            return
        }
        let unit = Self.folders.map { $0 + "/" + Self.name }.first(where: SystemFiles.exists)
        let dropIns = Self.folders.flatMap { Self.dropIns("\($0)/\(Self.name).d") }
        for file in [unit].compactMap({ $0 }) + dropIns {
            SystemFiles.lines(file).forEach { take($0) }
        }
    }

    private static func dropIns(_ folder: String) -> [String] {
        SystemFiles.names(in: folder).filter { $0.hasSuffix(".conf") }.map { folder + "/" + $0 }
    }

    /// Applies a setting. A list's value is appended, and an empty value clears the list.
    private mutating func take(_ line: String) {
        let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return }
        let key = String(parts[0].filter { !$0.isWhitespace })
        guard Self.keys.contains(key) else { return }
        let values = parts[1].split(whereSeparator: \.isWhitespace).map(String.init)
        let isOne = ["ProtectSystem", "ProtectHome", "PrivateTmp"].contains(key)
        settings[key] = isOne || values.isEmpty ? values : settings[key, default: []] + values
    }

    // MARK: What it means for a folder

    /// Why the service does not see a folder; `nil` if it does.
    func hides(_ folder: String) -> String? {
        if paths("BindPaths").contains(where: { folder.isBelow($0) }) { return nil }
        let isOn = { (key: String) in
            ["yes", "true", "on", "1", "tmpfs", "disconnected"].contains(word(key))
        }
        let homes = ["/home", "/root", "/run/user"]
        for (key, places) in [("ProtectHome", homes), ("PrivateTmp", ["/tmp", "/var/tmp"])] {
            guard isOn(key), places.contains(where: { folder.isBelow($0) }) else { continue }
            return "\(key)=\(word(key))"
        }
        for key in ["TemporaryFileSystem", "InaccessiblePaths"] {
            if let path = paths(key).first(where: { folder.isBelow($0) }) {
                return "\(key)=\(path)"
            }
        }
        return nil
    }

    /// Whether the service may write to a folder that it sees: the longest path decides.
    func mayWrite(to folder: String) -> Bool {
        var writable = paths("ReadWritePaths") + paths("BindPaths")
        writable += paths("StateDirectory").map { "/var/lib/" + $0 }
        writable += paths("ConfigurationDirectory").map { "/etc/" + $0 }
        let system: [String] =
            switch word("ProtectSystem") {
            case "strict": ["/"]
            case "full": ["/usr", "/boot", "/efi", "/etc"]
            case "yes", "true", "on", "1": ["/usr", "/boot", "/efi"]
            default: []
            }
        let homes: [String] =
            word("ProtectHome") == "read-only" ? ["/home", "/root", "/run/user"] : []
        let readable = paths("ReadOnlyPaths") + system + homes
        return folder.nearest(of: writable) >= folder.nearest(of: readable)
    }

    private func word(_ key: String) -> String { settings[key]?.first ?? "no" }

    /// The paths of a list, without their prefixes and suffixes.
    private func paths(_ key: String) -> [String] {
        (settings[key] ?? []).map { word in
            let path = word.drop { $0 == "-" || $0 == "+" }.prefix { $0 != ":" }
            return path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : String(path)
        }
    }
}

extension String {
    /// Whether this path is the folder, or below it.
    fileprivate func isBelow(_ folder: String) -> Bool {
        folder == "/" || self == folder || hasPrefix(folder + "/")
    }

    /// The length of the nearest of these folders that contains this path; -1 for none.
    fileprivate func nearest(of folders: [String]) -> Int {
        folders.filter { isBelow($0) }.map(\.count).max() ?? -1
    }
}
