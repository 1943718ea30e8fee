import CLinux
import Glibc
import OTPPAM
import OTPSystem

/// Files of the system, only read. Nothing in them is trusted.
enum SystemFiles {
    /// The result of reading a file.
    enum Contents {
        case text(String)
        case missing
        /// It exists, but cannot be read; why.
        case unreadable(String)
    }

    /// Reads a regular file; of a longer one, the last `limit` bytes.
    static func read(_ path: String, lastly limit: Int = 1 << 20) -> Contents {
        guard let file = ReadFile(path) else { return failure() }
        guard file.isRegular else { return .unreadable("not a regular file") }
        guard let bytes = file.bytes(from: max(0, file.size - limit), limit) else {
            return failure()
        }
        return .text(String(decoding: bytes, as: UTF8.self))
    }

    /// A file as seen by a library that calls fopen(3): a folder is empty, and something that is
    /// not a regular file may never end.
    static func opened(_ path: [UInt8], upTo limit: Int = 1 << 20) -> PAMFile {
        guard let file = ReadFile(path) else {
            if [EACCES, EPERM].contains(errno) { return .unknown(why: Machine.lastError) }
            return .none(isThere: exists(String(decoding: path, as: UTF8.self)))
        }
        if file.isEmpty { return .bytes([]) }
        guard file.isRegular else { return .unknown(why: "not a regular file") }
        guard let bytes = file.bytes(from: 0, limit + 1) else {
            return .unknown(why: Machine.lastError)
        }
        guard bytes.count <= limit else { return .unknown(why: "longer than \(limit) bytes") }
        return .bytes(bytes)
    }

    /// The same for what is not text; `nil` if it cannot be read.
    static func bytes(_ path: String, lastly limit: Int) -> [UInt8]? {
        guard let file = ReadFile(path), file.isRegular else { return nil }
        return file.bytes(from: max(0, file.size - limit), limit)
    }

    /// The written parts of a sparse file, at most `limit` bytes, and their offsets.
    static func pieces(_ path: String, limit: Int) -> [(offset: Int, bytes: [UInt8])] {
        guard let file = ReadFile(path), file.isRegular else { return [] }
        var pieces: [(offset: Int, bytes: [UInt8])] = []
        var (offset, rest) = (0, limit)
        while rest > 0, offset < file.size {
            // SEEK_DATA and SEEK_HOLE of lseek(2), which <unistd.h> declares under _GNU_SOURCE
            // only.
            offset = lseek(file.file.number, offset, 3)
            let end = offset < 0 ? -1 : lseek(file.file.number, offset, 4)
            guard end > offset, let bytes = file.bytes(from: offset, min(rest, end - offset))
            else { break }
            pieces.append((offset, bytes))
            rest -= bytes.count
            offset = end
        }
        return pieces
    }

    private static func failure() -> Contents {
        [ENOENT, ENOTDIR].contains(errno) ? .missing : .unreadable(Machine.lastError)
    }

    /// The lines of a file; none if it cannot be read.
    static func lines(_ path: String, lastly limit: Int = 1 << 20) -> [String] {
        guard case .text(let text) = read(path, lastly: limit) else { return [] }
        return text.split(separator: "\n").map(String.init)
    }

    /// Owner, mode and type of what is at a path, which may be a link; `nil` if nothing is.
    static func status(_ path: String, following: Bool = true) -> stat? {
        var status = stat()
        // SAFETY: a C string that lives through the call, and a local that the call fills.
        let result = unsafe following ? stat(path, &status) : lstat(path, &status)
        return result == 0 ? status : nil
    }

    /// The type of the file system that a path is on (statfs(2)); `nil` if unknown.
    static func fileSystem(_ path: String) -> Int? {
        var status = statfs()
        // SAFETY: a C string that lives through the call, and a local that the call fills.
        guard unsafe statfs(path, &status) == 0 else { return nil }
        return Int(truncatingIfNeeded: status.f_type)
    }

    /// The free space on the file system of a path, and whether it is read-only (statfs(2)).
    static func room(_ path: String) -> (bytes: UInt64, names: UInt64?, isReadOnly: Bool)? {
        var status = statfs()
        // SAFETY: as above.
        guard unsafe statfs(path, &status) == 0 else { return nil }
        let block = UInt64(clamping: status.f_bsize)
        let bytes = UInt64(status.f_bfree).multipliedReportingOverflow(by: block)
        // Some file systems have no limit, or make inodes as they need them. 1 is ST_RDONLY in
        // <sys/statvfs.h>.
        return (
            bytes.overflow || status.f_blocks == 0 ? .max : bytes.partialValue,
            status.f_files == 0 ? nil : UInt64(status.f_ffree), status.f_flags & 1 != 0
        )
    }

    /// Whether nobody, not even root, may change what is at a path (chattr(1): i and a).
    static func isUnchangeable(_ path: String) -> Bool {
        // SAFETY: a C string that lives through the call.
        unsafe swiftotp_attributes(path) & swiftotp_unchangeable != 0
    }

    /// Whether a program can be started from there.
    static func isExecutable(_ path: String) -> Bool {
        guard let status = status(path) else { return false }
        return status.st_mode & S_IFMT == S_IFREG && status.st_mode & 0o111 != 0
    }

    /// Throws if users other than root can change a program: root starts no such thing.
    static func requireRoots(_ program: String) throws(Failure) {
        guard let status = status(program) else { return }
        guard status.st_uid == 0, status.st_mode & 0o022 == 0 else {
            throw Failure(
                "\(program) can be changed by users other than root",
                hint: "chown root: \(program) && chmod 0755 \(program)")
        }
    }

    /// Whether somebody listens where syslog(3) sends its lines.
    static func logListens(_ path: String) -> Bool {
        // SAFETY: a C string that lives through the call.
        unsafe swiftotp_log_listens(path) != 0
    }

    /// A path with its links resolved (realpath(3)); `nil` if nothing is there.
    static func realPath(_ path: String) -> String? {
        // SAFETY: the C library allocates the text, which is copied and freed once.
        guard let real = unsafe realpath(path, nil) else { return nil }
        defer { unsafe free(real) }
        return unsafe String(cString: real)
    }

    /// Where a link leads; `nil` if it cannot be read.
    static func target(ofLink path: String) -> String? {
        var target = [UInt8](repeating: 0, count: Int(PATH_MAX))
        // SAFETY: the array's own length is given.
        let length = unsafe target.withUnsafeMutableBytes { buffer -> Int in
            let text = unsafe buffer.assumingMemoryBound(to: CChar.self)
            guard let start = text.baseAddress else { return -1 }
            return unsafe readlink(path, start, buffer.count)
        }
        return length > 0 ? String(decoding: target.prefix(length), as: UTF8.self) : nil
    }

    /// Where the file system of a path is mounted, according to /proc/self/mounts.
    static func mountPoint(of path: String) -> String {
        let path = realPath(path) ?? path
        let points = lines("/proc/self/mounts").compactMap { line -> String? in
            let words = line.split(separator: " ")
            // Blanks in names are written as \040.
            return words.count > 1 ? String(words[1]).replacing("\\040", with: " ") : nil
        }
        let above = points.filter { point in
            point == "/" || path == point || path.hasPrefix(point + "/")
        }
        return above.max { $0.count < $1.count } ?? "/"
    }

    /// Whether something exists there; a link counts, wherever it leads.
    static func exists(_ path: String) -> Bool { status(path, following: false) != nil }

    /// The names in a folder, sorted; none if it cannot be read.
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

    /// The paths that match a shell pattern (glob(3)), in order.
    static func paths(like pattern: String) -> [String] {
        var found = unsafe glob_t()
        // SAFETY: a C string that lives through the call, and a local that the call fills.
        let status = unsafe glob(pattern, 0, nil, &found)
        // SAFETY: the same local, filled or still zero.
        defer { unsafe globfree(&found) }
        guard status == 0 else { return [] }
        // SAFETY: `gl_pathc` C strings, which are copied.
        return unsafe (0..<Int(found.gl_pathc)).compactMap { index in
            guard let path = unsafe found.gl_pathv[index] else { return nil }
            return unsafe String(cString: path)
        }
    }
}
