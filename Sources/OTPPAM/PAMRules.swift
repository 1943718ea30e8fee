/// The differences between libpams, as far as they decide who gets in.
public struct PAMRules: Sendable, Equatable {
    /// Whether it is 1.6 or newer (Debian 13 has 1.7.0, Debian 12 has 1.5.2): lines may have any
    /// length, a comment or an empty line ends a continued line, includes may be 16 deep, and the
    /// number of a jump must not overflow.
    public private(set) var isNew = false
    /// Whether it has Debian's `@include`.
    public private(set) var isDebian = true
    /// Whether it looks for included files in /etc/pam.d only, and crashes on an include without a
    /// name: Debian's before 1.7.0-7.
    public private(set) var includesFromMainFolder = true
    /// The folders of services, in order.
    public private(set) var folders = ["/etc/pam.d", "/usr/lib/pam.d"]
    /// The folder of modules named without one, with a trailing `/`.
    public private(set) var modules = "/lib/\(triple)/security/"
    /// What replaces `$ISA`, and where Debian's libpam looks for modules after that.
    public private(set) var isa = "/lib/security"

    /// Debian's name for this processor.
    #if arch(arm64)
        public static let triple = "aarch64-linux-gnu"
    #else
        public static let triple = "x86_64-linux-gnu"
    #endif

    /// Debian 12's.
    public init() {}

    /// The rules of a library, from the texts in its file: an old and a new one log differently,
    /// and the folders are compiled in.
    public init(library: [UInt8]) {
        let texts = library.split(separator: 0).filter { $0.count < 200 }
            .map { String(decoding: $0, as: UTF8.self) }
        isNew = texts.contains("maximum level of inclusions reached")
        isDebian = texts.contains("@include")
        includesFromMainFolder =
            isDebian && !texts.contains { $0.contains("/usr/lib/pam.d is not supported") }
        let all = texts.filter { $0.hasPrefix("/") && $0.hasSuffix("/pam.d/%s") }
            .map { String($0.dropLast("/%s".count)) }
        // The one in /etc (its text may be the end of another one), libpam's own, and a vendor's.
        if !all.isEmpty {
            folders =
                folders.filter { $0 == PAMRules.mainFolder || all.contains($0) }
                + all.filter { !folders.contains($0) }
        }
        if let folder = texts.first(where: { $0.hasPrefix("/") && $0.hasSuffix("/security/") }) {
            modules = folder
        }
        if let folder = texts.first(where: { $0.hasSuffix("/security") && !$0.contains(" ") }) {
            isa = folder
        }
    }

    /// The longest line in an old one, including its end and a NUL.
    static let bufferSize = 1024
    /// How deep substacks may be nested, or in a new one includes of both kinds.
    static let maximumLevel = 16
    /// The only folder in which Debian's includes are looked for; if it exists, libpam reads
    /// folders.
    static let mainFolder = "/etc/pam.d"
    /// The file of all services if there is no such folder.
    static let onlyFile = "/etc/pam.conf"

    /// The files that a module's name may mean, in order.
    func files(of module: [UInt8]) -> [[UInt8]] {
        let isWhole = module.first == UInt8(ascii: "/")
        let whole = isWhole ? module : Array(modules.utf8) + module
        guard isDebian else { return [whole] + expanded(whole) }
        let second = isWhole ? [] : [Array(isa.utf8) + [UInt8(ascii: "/")] + module]
        return [whole] + second + expanded(module)
    }

    /// The same with the first `$ISA` replaced; empty if there is none.
    private func expanded(_ path: [UInt8]) -> [[UInt8]] {
        let mark = Array("$ISA".utf8)
        guard path.count >= mark.count else { return [] }
        for start in 0...(path.count - mark.count)
        where path[start..<(start + mark.count)].elementsEqual(mark) {
            return [path[..<start] + Array(isa.utf8) + path[(start + mark.count)...]]
        }
        return []
    }
}
