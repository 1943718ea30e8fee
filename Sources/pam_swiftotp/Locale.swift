import CLinux

/// What the program's environment says about its terminal, as setlocale(3) would read it. The
/// program's own locale is no help: most login programs never set one.
enum Locale {
    /// Whether the terminal shows only ASCII: no effective variable ends with UTF-8.
    static var isASCII: Bool {
        if let locale = unsafe value("LC_ALL") { return unsafe !isUTF8(locale) }
        if let locale = unsafe value("LC_CTYPE") { return unsafe !isUTF8(locale) }
        if let locale = unsafe value("LANG") { return unsafe !isUTF8(locale) }
        return true
    }

    /// A variable that is set and not empty.
    @unsafe
    private static func value(_ name: StaticString) -> UnsafePointer<CChar>? {
        // SAFETY: a literal ends with NUL; the value is valid until the environment is changed.
        let name = unsafe UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self)
        guard let value = unsafe getenv(name), unsafe value[0] != 0 else { return nil }
        return unsafe UnsafePointer(value)
    }

    /// Whether `utf8` or `UTF-8` follows a dot, as in `pl_PL.UTF-8`.
    @unsafe
    private static func isUTF8(_ locale: UnsafePointer<CChar>) -> Bool {
        // SAFETY: a C string, never read beyond its end: each byte is read only after one that was
        // not the end.
        var at = 0
        while unsafe locale[at] != 0x2e {
            if unsafe locale[at] == 0 { return false }
            at &+= 1
        }
        at &+= 1
        guard unsafe locale[at] | 0x20 == 0x75, unsafe locale[at &+ 1] | 0x20 == 0x74,
            unsafe locale[at &+ 2] | 0x20 == 0x66
        else { return false }
        at &+= 3
        if unsafe locale[at] == 0x2d { at &+= 1 }
        return unsafe locale[at] == 0x38
    }
}
