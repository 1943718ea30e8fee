/// What is at the path of a PAM file.
public enum PAMFile: Sendable {
    /// What it has; a folder is opened like a file that is empty.
    case bytes([UInt8])
    /// Nothing that can be opened; whether something is there all the same, such as a broken link.
    case none(isThere: Bool)
    /// Whoever asks may not read it, or it is none that ends: nobody can say what libpam reads.
    case unknown(why: String)
}

/// The files that libpam reads.
public protocol PAMFiles {
    func file(_ path: [UInt8]) -> PAMFile
    func isFolder(_ path: [UInt8]) -> Bool
    /// Whether a module is there and has a function; `nil` where no file is there.
    func module(_ path: [UInt8], has function: String) -> Bool?
}
