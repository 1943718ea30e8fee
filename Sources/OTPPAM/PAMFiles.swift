/// What is at the path of a PAM file.
public enum PAMFile: Sendable {
    /// Its contents; opening a folder works as for an empty file.
    case bytes([UInt8])
    /// Nothing that can be opened; whether something exists anyway, such as a broken link.
    case none(isThere: Bool)
    /// We may not read it, or it never ends: nobody can say what libpam reads.
    case unknown(why: String)
}

/// The files that libpam reads.
public protocol PAMFiles {
    func file(_ path: [UInt8]) -> PAMFile
    func isFolder(_ path: [UInt8]) -> Bool
    /// Whether a module exists and has a function; `nil` if there is no file.
    func module(_ path: [UInt8], has function: String) -> Bool?
}
