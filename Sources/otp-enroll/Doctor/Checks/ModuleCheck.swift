import CLinux
import Glibc
import OTPPAM

/// The files of the modules that the stack names.
enum ModuleCheck {
    static let name = "modules"

    static func look(_ stack: PAMStack) -> Look {
        let auth = stack.auth
        let findings = auth.compactMap { line in line.isOurs ? ours(line) : other(line) }
        let path = auth.first(where: \.isOurs).flatMap { LoadedModule.path(of: $0.module) }
        let count = auth.count { $0.role != .substack }
        let about = path ?? Words.count(count, "auth module") + " of \(stack.file)"
        return Look(name, about, findings)
    }

    private static func ours(_ line: PAMLine) -> Finding? {
        guard let path = LoadedModule.path(of: line.module) else {
            return Finding(
                .problem, "\(line.module) does not exist: libpam refuses every login here",
                in: line.place.text,
                change: line.module.hasPrefix("/") ? "auth \(line.written) pam_swiftotp.so" : "")
        }
        if let status = SystemFiles.status(path), status.st_uid != 0 || status.st_mode & 0o022 != 0
        {
            return Finding(
                .problem, "\(path) can be changed by users other than root", in: path,
                change: "chown root: \(path) && chmod 0644 \(path)")
        }
        if let hidden = hidden(path) { return hidden }
        // Loading a file runs its code; the check of the files reports the folders.
        guard PathSafety.parts(of: path).allSatisfy({ PathSafety.finding($0) == nil }),
            let trouble = LoadedModule.trouble(path)
        else { return nil }
        let hasPath = trouble.hasPrefix(path)
        return Finding(
            .problem, "libpam cannot load \(hasPath ? "" : path + ": ")\(trouble)",
            in: line.place.text)
    }

    /// What keeps programs that are not root's, such as screen lockers, from loading the file.
    private static func hidden(_ path: String) -> Finding? {
        guard let status = SystemFiles.status(path), status.st_mode & 0o004 == 0 else { return nil }
        return Finding(
            .warning,
            "only root can read \(path): programs that are not root's cannot load it, and screen"
                + " lockers stay locked", in: path, change: "chmod 0644 \(path)")
    }

    private static func other(_ line: PAMLine) -> Finding? {
        guard line.role == .missing, !line.isQuiet else { return nil }
        let isThere = LoadedModule.path(of: line.module) != nil
        return Finding(
            .warning,
            isThere
                ? "\(line.module) is not a module for \(line.kind), and libpam takes that for a failure"
                : "\(line.module) does not exist, and libpam takes that for a failure",
            in: line.place.text)
    }
}
