import CLinux
import Glibc
import OTPSystem

/// A file that is open for reading.
struct ReadFile: ~Copyable {
    let file: OpenFile
    let isRegular: Bool
    /// Whether there is nothing to read in it: a folder, or /dev/null.
    let isEmpty: Bool
    /// Its length in bytes.
    let size: Int

    /// Opens what is at a path; `nil`, with `errno` set, if that fails.
    init?(_ path: String) { self.init(Array(path.utf8)) }

    init?(_ path: [UInt8]) {
        // SAFETY: the bytes end with NUL, and live through the call.
        let number = unsafe (path + [0]).withUnsafeBytes { bytes in
            guard let start = unsafe bytes.bindMemory(to: CChar.self).baseAddress else {
                return Int32(-1)
            }
            return unsafe open(start, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
        }
        guard number >= 0 else { return nil }
        let file = OpenFile(number)
        var status = stat()
        // SAFETY: a local that the call fills.
        guard unsafe fstat(number, &status) == 0 else { return nil }
        self.file = file
        let kind = status.st_mode & S_IFMT
        isRegular = kind == S_IFREG
        isEmpty = kind == S_IFDIR || kind == S_IFCHR && status.st_rdev == 0x103
        size = Int(status.st_size)
    }

    /// Its bytes from an offset on, at most `limit`; `nil` after an error.
    func bytes(from start: Int, _ limit: Int) -> [UInt8]? {
        var offset = start
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 65_536)
        // A file that grows meanwhile is not followed for ever; one in /proc has no size.
        while bytes.count < limit {
            // SAFETY: the array's own length is given.
            let got = unsafe pread(file.number, &part, min(part.count, limit - bytes.count), offset)
            if got < 0 && errno == EINTR { continue }
            guard got >= 0 else { return nil }
            if got == 0 { break }
            bytes += part.prefix(got)
            offset += got
        }
        return bytes
    }
}
