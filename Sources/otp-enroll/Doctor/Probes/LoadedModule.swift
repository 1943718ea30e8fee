import CLinux
import Glibc
import OTPPAM

/// A PAM module's file, tested as libpam would load it.
enum LoadedModule {
    /// The folders where libpam looks for modules named without one.
    static let folders: [String] = {
        let triple = PAMRules.triple
        return [
            "/lib/\(triple)/security", "/usr/lib/\(triple)/security", "/lib64/security",
            "/usr/lib64/security", "/lib/security", "/usr/lib/security",
        ]
    }()

    /// The file that a PAM line names; `nil` if there is none.
    static func path(of name: String) -> String? {
        if name.hasPrefix("/") { return SystemFiles.status(name) == nil ? nil : name }
        return folders.map { $0 + "/" + name }.first { SystemFiles.status($0) != nil }
    }

    /// Whether a module can have a function, judging by the names in its file; `nil` if there is no
    /// such file, or none that could be loaded.
    static func has(_ path: [UInt8], _ function: String) -> Bool? {
        guard case .bytes(let bytes) = SystemFiles.opened(path, upTo: 64 << 20),
            bytes.starts(with: [0x7F] + Array("ELF".utf8))
        else { return nil }
        let name = Array(function.utf8) + [0]
        // SAFETY: both arrays live through the call, which is given their lengths.
        return unsafe memmem(bytes, bytes.count, name, name.count) != nil
    }

    /// Why libpam could not load this file; `nil` if it can.
    static func trouble(_ path: String) -> String? {
        // SAFETY: the path is a C string that lives through the call. Only files that nobody but
        // root can write to are passed here; loading the module runs none of its code.
        guard let module = unsafe dlopen(path, RTLD_NOW | RTLD_LOCAL) else {
            // SAFETY: the loader's own text, copied at once; there is one thread.
            guard let error = unsafe dlerror() else { return "it cannot be loaded" }
            return unsafe String(cString: error)
        }
        // SAFETY: from dlopen, closed once; nothing of it is used afterwards.
        defer { _ = unsafe dlclose(module) }
        return unsafe dlsym(module, "pam_sm_authenticate") == nil
            ? "it has no pam_sm_authenticate" : nil
    }
}
