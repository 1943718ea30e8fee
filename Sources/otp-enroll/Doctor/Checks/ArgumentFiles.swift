import CLinux
import Glibc
import OTPPAM

/// Files that affect a module's decision about a login: those that its line names, such as the list
/// of pam_listfile and the program of pam_exec, and the one that it reads by default.
enum ArgumentFiles {
    /// Modules that write to their files.
    private static let writers: Set<String> = [
        "pam_abl", "pam_faillock", "pam_lastlog", "pam_lastlog2", "pam_tally", "pam_tally2",
        "pam_timestamp",
    ]

    /// The files of a line: absolute paths, without those that contain a user's name.
    static func of(_ line: PAMLine) -> [String] {
        guard line.role == .module, !line.isOurs, ["auth", "account"].contains(line.kind),
            !writers.contains(line.name)
        else { return [] }
        let named = line.arguments.compactMap { argument -> String? in
            let path = argument.firstIndex(of: "=").map { argument[$0...].dropFirst() }
            let file = argument.hasPrefix("/") ? argument : String(path ?? "")
            return file.hasPrefix("/") && !file.contains { "%$*~".contains($0) } ? file : nil
        }
        let usual = "/etc/security/" + line.name.dropFirst("pam_".count) + ".conf"
        return named + (SystemFiles.exists(usual) ? [usual] : [])
    }

    /// What is wrong with one: somebody other than root can change it, or make it if it is missing.
    static func finding(_ file: String, _ line: PAMLine) -> Finding? {
        guard let status = SystemFiles.status(file) else { return absent(file, line) }
        guard status.st_mode & S_IFMT == S_IFREG else { return nil }
        let parts = PathSafety.parts(of: file)
        guard let open = parts.compactMap(PathSafety.finding).first else { return nil }
        let text = "users other than root can change \(file), by which \(line.name) decides"
        if open.place == parts.last {
            return Finding(.problem, text, in: open.place, change: open.change)
        }
        // The folder's owner may need it so.
        return Finding(
            .problem, "\(text), because of \(open.place): keep it in /etc/security",
            in: line.place.text)
    }

    private static func absent(_ file: String, _ line: PAMLine) -> Finding? {
        var folder = file[...]
        repeat {
            guard let slash = folder.lastIndex(of: "/") else { return nil }
            folder = folder[..<slash]
        } while !folder.isEmpty && SystemFiles.status(String(folder)) == nil
        let path = folder.isEmpty ? "/" : String(folder)
        // In a folder such as /tmp, everybody may make a missing file.
        let isOpen = SystemFiles.status(path).map { $0.st_mode & 0o022 != 0 } ?? false
        let parts = PathSafety.parts(of: path)
        guard isOpen || parts.contains(where: { PathSafety.finding($0) != nil }) else { return nil }
        return Finding(
            .problem,
            "users other than root can make \(file), by which \(line.name) decides: keep it in"
                + " /etc/security", in: line.place.text)
    }
}
