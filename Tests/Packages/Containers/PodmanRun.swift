import TestSupport

/// What the page's `podman run` gives a container.
struct PodmanRun {
    private(set) var isReadOnly = false
    private(set) var hasNoNewPrivileges = false
    private(set) var capabilities: [String] = []
    private(set) var memoryFolders: [String] = []
    /// Where a volume, or a folder of the machine, is mounted inside.
    private(set) var volumes: [(name: String, path: String, readOnly: Bool)] = []
    private(set) var port = ""
    private(set) var name = ""

    /// The page's command; every word of it is known here.
    init() throws {
        let lines = try RecipePage.block("A bastion in a container", after: "**The container.**")
        var words = lines.joined(separator: " ").replacing("\\", with: "")
            .split(separator: " ").map(String.init)[...]
        guard words.starts(with: ["podman", "run", "-d"]), words.last == "bastion" else {
            throw Trouble("not the command that is known here: \(words)")
        }
        words = words.dropFirst(3).dropLast()
        while let word = words.popFirst() {
            let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
            let value = parts.count > 1 ? parts[1] : ""
            switch parts[0] {
            case "--read-only": isReadOnly = true
            case "--cap-drop": guard value == "all" else { throw Trouble(word) }
            case "--cap-add": capabilities = value.split(separator: ",").map(String.init)
            case "--security-opt":
                guard value == "no-new-privileges" else { throw Trouble(word) }
                hasNoNewPrivileges = true
            case "--tmpfs": memoryFolders.append(value)
            case "--name": name = value
            case "-p": port = words.popFirst() ?? ""
            case "-v":
                let volume = (words.popFirst() ?? "").split(separator: ":").map(String.init)
                guard volume.count > 1 else { throw Trouble("-v \(volume)") }
                volumes.append((volume[0], volume[1], volume.last == "ro"))
            default: throw Trouble("\(word) is not known here: teach it to this file")
            }
        }
    }

    /// The words that take away from a root program what containers do not have.
    var confining: [String] {
        let kept = ["-all"] + capabilities.map { "+" + $0.lowercased() }
        return ["setpriv", "--bounding-set=" + kept.joined(separator: ","), "--inh-caps=-all"]
            + (hasNoNewPrivileges ? ["--no-new-privs"] : [])
    }
}
