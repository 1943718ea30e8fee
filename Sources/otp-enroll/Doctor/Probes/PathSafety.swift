import CLinux
import Glibc

/// Whether somebody other than root can change a file, directly or through a folder on the way.
enum PathSafety {
    /// The folders on the way to a file, including where links lead; the file itself comes last.
    static func parts(of path: String) -> [String] {
        guard let real = SystemFiles.realPath(path) else { return [] }
        var parts = ["/"]
        for path in path == real ? [real] : [path, real] {
            var folder = ""
            for part in path.split(separator: "/").dropLast() {
                folder += "/" + part
                parts.append(folder)
            }
        }
        return parts + [real]
    }

    /// What lets users other than root say what a program does; `nil` if nothing does. `path` has no
    /// links on its way.
    static func programFinding(_ path: String) -> Finding? {
        parts(of: path).compactMap(finding).first
    }

    /// What is wrong with a file or a folder, whatever is above it.
    static func finding(_ path: String) -> Finding? {
        guard let status = SystemFiles.status(path) else { return nil }
        let isFolder = status.st_mode & S_IFMT == S_IFDIR
        // A unit may be a link to /dev/null.
        guard isFolder || status.st_mode & S_IFMT == S_IFREG else { return nil }
        // In a folder such as /tmp nobody can replace root's files.
        let isOpen = status.st_mode & 0o022 != 0 && !(isFolder && status.st_mode & 0o1000 != 0)
        var commands: [String] = []
        if status.st_uid != 0 { commands.append("chown root: \(path)") }
        if isOpen { commands.append("chmod go-w \(path)") }
        guard !commands.isEmpty else { return nil }
        return Finding(
            .problem,
            "users other than root can change \(path)\(isFolder ? " and what is in it" : "")",
            in: path, change: commands.joined(separator: " && "))
    }
}
