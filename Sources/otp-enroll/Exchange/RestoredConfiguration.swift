import CLinux
import Glibc
import OTPCore
import OTPStore

/// A configuration file that a backup has.
enum RestoredConfiguration: String, CaseIterable {
    case options = "swiftotp.conf"
    case messenger = "swiftotp-messenger.conf"

    /// Where it is here; `named` is the file of options that the command line names.
    func path(_ named: String?) -> String {
        if self == .options, let named { return named }
        return "/etc/security/\(rawValue)"
    }

    /// Those of a backup that are other ones here.
    static func changed(
        in files: [String: [UInt8]], _ named: String?
    ) throws -> [RestoredConfiguration] {
        try allCases.filter { file in
            guard let contents = files[file.rawValue] else { return false }
            return try RootFile.contents(Array(file.path(named).utf8)) != contents
        }
    }

    /// Takes the file from the backup; the one that is here stays beside it.
    func take(_ contents: [UInt8], _ named: String?) throws {
        let path = path(named)
        if self == .options { try check(contents, path, named) }
        if var old = try RootFile.contents(Array(path.utf8)) {
            _ = try PrivateFile(path + ".before-restore", holding: &old)
        }
        let mode = SystemFiles.status(path).map { $0.st_mode & 0o755 } ?? 0o644
        let file = try ReplacingFile(path)
        try file.append(contents[...])
        try file.open(to: mode)
        try file.sync()
        try file.finish()
    }

    /// A configuration that is invalid would keep everybody out, and one with another store would
    /// look for the records elsewhere.
    private func check(_ contents: [UInt8], _ path: String, _ named: String?) throws {
        var parser = OptionParser()
        try parser.file(contents, path: Array(path.utf8))
        let here = try ConfigurationFile.options(
            named.map { [Array("conf=\($0)".utf8)] } ?? [])
        guard parser.options.store == here.store else {
            throw Failure(
                "the configuration in the backup keeps the store elsewhere",
                hint: "set store in \(Output.printable(path)) first, and restore again")
        }
    }
}
