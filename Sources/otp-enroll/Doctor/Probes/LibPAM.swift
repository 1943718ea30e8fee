import CLinux
import Glibc
import OTPPAM

/// This machine's libpam, which this program is linked with as well.
enum LibPAM {
    /// Its rules; Debian 12's if its file cannot be found.
    static let rules: PAMRules = {
        guard let path, case .bytes(let bytes) = SystemFiles.opened(Array(path.utf8)) else {
            return PAMRules()
        }
        return PAMRules(library: bytes)
    }()

    private static var path: String? {
        for line in SystemFiles.lines("/proc/self/maps") {
            guard let start = line.firstIndex(of: "/") else { continue }
            let path = String(line[start...])
            if path.contains("/libpam.so.") { return path }
        }
        return nil
    }
}

/// The files of this machine.
struct SystemPAMFiles: PAMFiles {
    /// Texts to read in place of files.
    var replaced: [String: String] = [:]

    func file(_ path: [UInt8]) -> PAMFile {
        replaced[String(decoding: path, as: UTF8.self)].map { .bytes(Array($0.utf8)) }
            ?? SystemFiles.opened(path)
    }

    func isFolder(_ path: [UInt8]) -> Bool {
        let status = SystemFiles.status(String(decoding: path, as: UTF8.self))
        return status.map { $0.st_mode & S_IFMT == S_IFDIR } ?? false
    }

    func module(_ path: [UInt8], has function: String) -> Bool? {
        LoadedModule.has(path, function)
    }
}

extension PAMStack {
    /// Reads a service as this machine's libpam does, with the texts of `replaced` in place of
    /// those files.
    init(service: String, replacing replaced: [String: String] = [:]) throws(Trouble) {
        try self.init(
            service: service, rules: LibPAM.rules, files: SystemPAMFiles(replaced: replaced))
    }
}
