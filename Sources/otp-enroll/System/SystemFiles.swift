import CLinux
import Glibc
import OTPPAM

/// Files of the system, read to look at them. Nothing here is trusted, and nothing is changed.
enum SystemFiles {
    /// What came of reading a file.
    enum Contents {
        case text(String)
        case missing
        /// It is there, and why it cannot be read.
        case unreadable(String)
    }

    /// Reads a regular file: the last `limit` bytes of a longer one.
    static func read(_ path: String, lastly limit: Int = 1 << 20) -> Contents {
        // SAFETY: the path is a C string that lives through the call.
        let number = unsafe open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
        guard number >= 0 else { return failure() }
        let file = OpenFile(number)
        var status = stat()
        // SAFETY: a local that the call fills.
        guard unsafe fstat(file.number, &status) == 0 else { return failure() }
        guard status.st_mode & S_IFMT == S_IFREG else { return .unreadable("not a regular file") }
        guard let bytes = bytes(of: file, from: max(0, Int(status.st_size) - limit), limit) else {
            return failure()
        }
        return .text(String(decoding: bytes, as: UTF8.self))
    }

    /// The bytes of an open file from an offset on, at most so many; `nil` after an error.
    private static func bytes(of file: borrowing OpenFile, from start: Int, _ limit: Int)
        -> [UInt8]?
    {
        var offset = start
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 65_536)
        // A file that grows meanwhile is not followed for ever; one of /proc has no size.
        while bytes.count < limit {
            // SAFETY: the array's own length is given.
            let got = unsafe pread(file.number, &part, part.count, offset)
            if got < 0 && errno == EINTR { continue }
            guard got >= 0 else { return nil }
            if got == 0 { break }
            bytes += part.prefix(got)
            offset += got
        }
        return bytes
    }

    /// A file as a library reads it that calls fopen(3): a folder is empty, and what is no file may
    /// never end.
    static func opened(_ path: [UInt8], upTo limit: Int = 1 << 20) -> PAMFile {
        // SAFETY: the bytes end with NUL, and live through the call.
        let number = unsafe (path + [0]).withUnsafeBytes { bytes in
            guard let start = unsafe bytes.bindMemory(to: CChar.self).baseAddress else {
                return Int32(-1)
            }
            return unsafe open(start, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
        }
        guard number >= 0 else {
            if [EACCES, EPERM].contains(errno) { return .unknown(why: Machine.lastError) }
            return .none(isThere: exists(String(decoding: path, as: UTF8.self)))
        }
        let file = OpenFile(number)
        var status = stat()
        // SAFETY: a local that the call fills.
        guard unsafe fstat(file.number, &status) == 0 else {
            return .unknown(why: Machine.lastError)
        }
        switch status.st_mode & S_IFMT {
        case S_IFDIR: return .bytes([])
        // /dev/null
        case S_IFCHR where status.st_rdev == 0x103: return .bytes([])
        case S_IFREG: break
        default: return .unknown(why: "not a regular file")
        }
        guard let bytes = bytes(of: file, from: 0, limit + 1) else {
            return .unknown(why: Machine.lastError)
        }
        guard bytes.count <= limit else { return .unknown(why: "longer than \(limit) bytes") }
        return .bytes(bytes)
    }

    private static func failure() -> Contents {
        [ENOENT, ENOTDIR].contains(errno) ? .missing : .unreadable(Machine.lastError)
    }

    /// The lines of a file; none where it cannot be read.
    static func lines(_ path: String, lastly limit: Int = 1 << 20) -> [String] {
        guard case .text(let text) = read(path, lastly: limit) else { return [] }
        return text.split(separator: "\n").map(String.init)
    }

    /// Owner, mode and kind of what is at a path, which may be a link; `nil` where nothing is.
    static func status(_ path: String, following: Bool = true) -> stat? {
        var status = stat()
        // SAFETY: a C string that lives through the call, and a local that the call fills.
        let result = unsafe following ? stat(path, &status) : lstat(path, &status)
        return result == 0 ? status : nil
    }

    /// The number of the file system that a path is on (statfs(2)); `nil` where it cannot be told.
    static func fileSystem(_ path: String) -> Int? {
        var status = statfs()
        // SAFETY: a C string that lives through the call, and a local that the call fills.
        guard unsafe statfs(path, &status) == 0 else { return nil }
        return Int(truncatingIfNeeded: status.f_type)
    }

    /// Whether something is there; a link counts, wherever it leads.
    static func exists(_ path: String) -> Bool { status(path, following: false) != nil }

    /// The names in a folder, in the order of the alphabet; none where it cannot be read.
    static func names(in folder: String) -> [String] {
        // SAFETY: the path is a C string that lives through the call.
        guard let stream = unsafe opendir(folder) else { return [] }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            // SAFETY: the C library ends the name with NUL; it is copied before the next call.
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// The login shell of a user; `nil` where the user database has no such user.
    static func shell(of uid: UInt32) -> String? {
        // SAFETY: the C library's own memory, of which the text is copied before any other call;
        // there is one thread.
        guard let entry = unsafe getpwuid(uid), let shell = unsafe entry.pointee.pw_shell else {
            return nil
        }
        let text = unsafe String(cString: shell)
        return text.isEmpty ? "/bin/sh" : text
    }
}
