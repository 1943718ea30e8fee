import CLinux
import Glibc
import OTPCore
import OTPSystem

// The contents of files that commands read.
extension OpenFile {
    /// fstat(2); `name` is for messages.
    func status(_ name: String) throws(Failure) -> stat {
        var status = stat()
        // SAFETY: a local that the call fills.
        guard unsafe fstat(number, &status) == 0 else {
            throw Failure("\(name): \(Machine.lastError)")
        }
        return status
    }

    /// The contents of a file that was named on the command line and may have secrets: a regular
    /// file at `path`, or `-` for standard input. 1 to `limit` bytes, which the caller wipes.
    static func contents(_ path: String, limit: Int) throws(Failure) -> [UInt8] {
        if path == "-" { return try contents(of: STDIN_FILENO, "standard input", limit) }
        let file = try regular(path)
        return try contents(of: file.number, Output.printable(path), limit)
    }

    /// A regular file that was named on the command line, to be read.
    static func regular(_ path: String) throws(Failure) -> OpenFile {
        let name = Output.printable(path)
        // Non-blocking, because opening a named pipe waits for its other end.
        let flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC
        // SAFETY: the string is passed as a C string that lives through the call.
        let number = unsafe open(path, flags)
        guard number >= 0 else { throw Failure("\(name): \(Machine.lastError)") }
        let file = OpenFile(number)
        try file.status(name).requireRegular(name)
        return file
    }

    /// The next bytes of an open file; none at its end. The caller wipes them.
    static func part(of number: CInt, _ name: String) throws(Failure) -> [UInt8] {
        var part = [UInt8](repeating: 0, count: 65_536)
        while true {
            // SAFETY: writes within the array.
            let got = unsafe read(number, &part, part.count)
            if got < 0 && errno == EINTR { continue }
            guard got >= 0 else { throw Failure("\(name): \(Machine.lastError)") }
            part.removeLast(part.count - got)
            return part
        }
    }

    /// The contents of a file in a folder of root's. It must be root's or owned by `uid`, and a
    /// regular file with one name. 1 to `limit` bytes, which the caller wipes.
    static func contents(
        _ path: String, of uid: UInt32, limit: Int
    ) throws(Failure) -> [UInt8] {
        let name = Output.printable(path)
        let flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC
        // SAFETY: the string is passed as a C string that lives through the call.
        let number = unsafe open(path, flags)
        guard number >= 0 else {
            throw Failure(
                errno == ELOOP
                    ? "\(name): it is a symbolic link, not a regular file"
                    : "\(name): \(Machine.lastError)")
        }
        let file = OpenFile(number)
        let status = try file.status(name)
        try status.requireRegular(name)
        guard status.st_uid == 0 || status.st_uid == uid else {
            throw Failure("\(name): it belongs neither to root nor to the user")
        }
        guard status.st_nlink == 1 else {
            throw Failure("\(name): it has \(status.st_nlink) links, and may only have one")
        }
        return try contents(of: file.number, name, limit)
    }

    /// Reads to the end: 1 to `limit` bytes; anything else is a failure. The caller wipes them.
    static func contents(of file: CInt, _ name: String, _ limit: Int) throws(Failure) -> [UInt8] {
        // One byte more shows that there is more; reading into one piece leaves no copy behind.
        var bytes = [UInt8](repeating: 0, count: limit + 1)
        var done = 0
        var complete = false
        defer { if !complete { Secret.wipe(&bytes) } }
        while done <= limit {
            // SAFETY: writes at most the bytes after the `done` ones.
            let got = unsafe bytes.withUnsafeMutableBytes { buffer in
                let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
                return unsafe Glibc.read(file, rest.baseAddress, rest.count)
            }
            if got == 0 { break }
            if got > 0 {
                done += got
            } else if errno != EINTR {
                throw Failure("\(name): \(Machine.lastError)")
            }
        }
        guard done > 0 else { throw Failure("\(name): it is empty") }
        guard done <= limit else {
            throw Failure("\(name): it is larger than \(OpenFile.size(limit))")
        }
        bytes.removeLast(bytes.count - done)
        complete = true
        return bytes
    }

    /// `500 bytes`, `64 KiB`.
    static func size(_ bytes: Int) -> String {
        bytes % 1024 == 0 ? "\(bytes / 1024) KiB" : Words.count(bytes, "byte")
    }
}

extension stat {
    /// Throws unless the file is regular, and says what else it is.
    func requireRegular(_ name: String) throws(Failure) {
        let kind =
            switch st_mode & S_IFMT {
            case S_IFREG: ""
            case S_IFDIR: "directory"
            case S_IFIFO: "named pipe"
            case S_IFSOCK: "socket"
            default: "device"
            }
        if !kind.isEmpty { throw Failure("\(name): it is a \(kind), not a regular file") }
    }
}
