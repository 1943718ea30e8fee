/// In what libpams differ, as far as it decides who gets in.
public struct PAMRules: Sendable, Equatable {
    /// Whether it is 1.6 or newer (Debian 13 has 1.7.0, Debian 12 has 1.5.2): lines may have any
    /// length, a comment or an empty line ends a line that a backslash continues, files may include
    /// each other 16 deep, and the number of a jump may not overflow.
    public private(set) var isNew = false
    /// Whether it has Debian's `@include`, and looks for what is included in /etc/pam.d alone.
    public private(set) var isDebian = true
    /// Where services are, the first folder first.
    public private(set) var folders = ["/etc/pam.d", "/usr/lib/pam.d"]
    /// Where modules are that are named without a folder, with a `/` at the end.
    public private(set) var modules = "/lib/\(triple)/security/"
    /// What stands for `$ISA`, and where Debian's libpam looks for modules after that.
    public private(set) var isa = "/lib/security"

    /// What Debian calls this processor.
    #if arch(arm64)
        public static let triple = "aarch64-linux-gnu"
    #else
        public static let triple = "x86_64-linux-gnu"
    #endif

    /// Debian 12's.
    public init() {}

    /// Those of a library, by the texts in its file: what an old and a new one log differs, and the
    /// folders are what it was built with.
    public init(library: [UInt8]) {
        let texts = library.split(separator: 0).filter { $0.count < 200 }
            .map { String(decoding: $0, as: UTF8.self) }
        isNew = texts.contains("maximum level of inclusions reached")
        isDebian = texts.contains("@include")
        let all = texts.filter { $0.hasPrefix("/") && $0.hasSuffix("/pam.d/%s") }
            .map { String($0.dropLast("/%s".count)) }
        // /etc's, of which the text may be the end of another one, what libpam has of its own, and
        // a vendor's.
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

    /// The length of a line in an old one, its end and a NUL among it.
    static let bufferSize = 1024
    /// How deep substacks may be, or in a new one includes of both kinds.
    static let maximumLevel = 16
    /// The only folder that Debian's includes are looked for in, and what makes libpam read folders.
    static let mainFolder = "/etc/pam.d"
    /// The file of all services where there is no such folder.
    static let onlyFile = "/etc/pam.conf"

    /// The files that a module's name may mean, the first first.
    func files(of module: [UInt8]) -> [[UInt8]] {
        let isWhole = module.first == UInt8(ascii: "/")
        let whole = isWhole ? module : Array(modules.utf8) + module
        guard isDebian else { return [whole] + expanded(whole) }
        let second = isWhole ? [] : [Array(isa.utf8) + [UInt8(ascii: "/")] + module]
        return [whole] + second + expanded(module)
    }

    /// The same with the first `$ISA` replaced; empty where there is none.
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
