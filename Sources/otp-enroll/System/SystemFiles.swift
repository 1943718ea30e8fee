import CLinux
import Glibc

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
        var offset = max(0, Int(status.st_size) - limit)
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 65_536)
        // A file that grows meanwhile is not followed for ever; one of /proc has no size.
        while bytes.count < limit {
            // SAFETY: the array's own length is given.
            let got = unsafe pread(file.number, &part, part.count, offset)
            if got < 0 && errno == EINTR { continue }
            guard got >= 0 else { return failure() }
            if got == 0 { break }
            bytes += part.prefix(got)
            offset += got
        }
        return .text(String(decoding: bytes, as: UTF8.self))
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

    /// The paths that a pattern of the shell's stands for (glob(3)), in their order.
    static func paths(like pattern: String) -> [String] {
        var found = unsafe glob_t()
        // SAFETY: a C string that lives through the call, and a local that the call fills.
        let status = unsafe glob(pattern, 0, nil, &found)
        // SAFETY: the same local, filled or still zero.
        defer { unsafe globfree(&found) }
        guard status == 0 else { return [] }
        // SAFETY: as many C strings as are said, which are copied.
        return unsafe (0..<Int(found.gl_pathc)).compactMap { index in
            guard let path = unsafe found.gl_pathv[index] else { return nil }
            return unsafe String(cString: path)
        }
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
