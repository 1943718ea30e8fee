import Glibc

/// Files with keys: written as a whole, and read only if nobody else can. The only file of
/// FleetNetwork with unsafe code.
public enum PrivateFile {
    /// Whether there is something at `path`.
    public static func exists(_ path: String) -> Bool {
        // SAFETY: here and below, a path becomes a C string that lives through the call.
        unsafe access(path, F_OK) == 0
    }

    /// Removes a file, if there is one.
    public static func remove(_ path: String) {
        // SAFETY: see `exists`.
        _ = unsafe unlink(path)
    }

    /// Makes the folder if it is missing, for its owner alone, and tries to write a file there.
    ///
    /// Throws a sentence if that is not possible.
    public static func prepare(folder: String) throws(FleetProblem) {
        // SAFETY: see `exists`.
        if unsafe mkdir(folder, 0o700) != 0, errno != EEXIST {
            throw failure("cannot make", folder)
        }
        let probe = "\(folder)/.probe"
        try write("", at: probe, isLasting: false)
        // SAFETY: see `exists`.
        _ = unsafe unlink(probe)
    }

    /// Writes `text` at `path` with `mode`, in place of what is there, at once or not at all. If
    /// root writes, the file belongs to the folder's owner. If `isLasting`, it survives a power cut
    /// once this returns.
    ///
    /// Throws a sentence if it cannot be written.
    public static func write(
        _ text: String, at path: String, mode: mode_t = 0o600, isLasting: Bool = true
    ) throws(FleetProblem) {
        let new = path + ".new"
        // SAFETY: see `exists`.
        _ = unsafe unlink(new)
        let file = unsafe open(new, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)
        guard file >= 0 else { throw failure("cannot write", new) }
        let problem = filled(file, with: Array(text.utf8), mode, in: folder(of: path), isLasting)
        close(file)
        // SAFETY: see `exists`.
        if unsafe problem != 0 || rename(new, path) != 0 {
            let error = failure("cannot write", path, problem == 0 ? errno : problem)
            _ = unsafe unlink(new)
            throw error
        }
        if isLasting { try settle(folder(of: path)) }
    }

    /// The text at `path`. It must be a plain file of root's or of our own user, which no group and
    /// nobody else may read or write. Root also reads the files of the folder's owner: a service's,
    /// which `write` gave to it.
    ///
    /// Throws a sentence if it is not, or if it has more than `longest` bytes.
    public static func read(
        _ path: String, upTo longest: Int = 65_536
    ) throws(FleetProblem) -> String {
        let owners = owners(in: folder(of: path))
        return try contents(
            of: path, upTo: longest, "a file of its owner's alone (mode 0600)"
        ) { status in status.st_mode & 0o077 == 0 && owners.contains(status.st_uid) }
    }

    /// The text of a key at `path` that others have written for `owner`, who alone may read it.
    ///
    /// Throws a sentence if others may, or if it is too long.
    static func key(_ path: String, of owner: uid_t) throws(FleetProblem) -> String {
        let rule = "a file that UID \(owner) alone may read (`chown \(owner)` and `chmod 600`)"
        return try contents(of: path, upTo: 65_536, rule) { status in
            status.st_mode & 0o077 == 0 && status.st_uid == owner
        }
    }

    /// The text of a certificate at `path`, which root or `owner` alone may change.
    ///
    /// Throws a sentence if others may, or if it is too long.
    static func certificate(_ path: String, of owner: uid_t) throws(FleetProblem) -> String {
        let rule = "a file that root or UID \(owner) alone may change"
        return try contents(of: path, upTo: 65_536, rule) { status in
            status.st_mode & 0o022 == 0 && [0, owner].contains(status.st_uid)
        }
    }

    /// Who owns a folder: the user of the service whose folder it is.
    public static func owner(of folder: String) throws(FleetProblem) -> uid_t {
        var status = stat()
        // SAFETY: a path as in `exists`, and a local that the call fills.
        guard unsafe stat(folder, &status) == 0 else { throw failure("cannot read", folder) }
        return status.st_uid
    }

    /// The text of a plain file that was named on the command line, whoever may read it.
    ///
    /// Throws a sentence if it is not, or if it has more than `longest` bytes.
    public static func readAny(
        _ path: String, upTo longest: Int
    ) throws(FleetProblem) -> String {
        try contents(of: path, upTo: longest, "a plain file") { _ in true }
    }

    /// The text of a credential that systemd has opened for this process (systemd.exec(5)). It must be
    /// a plain file of root's or of our own user, and so must its folder, which nobody else may
    /// change. Others may not read it, but root's group may seem to: that is how it looks where
    /// systemd lets a service's user read root's file by an access control list.
    ///
    /// Throws a sentence if it is not, or if it is too long.
    public static func credential(_ path: String) throws(FleetProblem) -> String {
        let owners: [uid_t] = [0, geteuid()]
        let place = folder(of: path)
        var status = stat()
        // SAFETY: a path as in `exists`, and a local that the call fills.
        guard unsafe lstat(place, &status) == 0 else { throw failure("cannot read", place) }
        guard status.st_mode & S_IFMT == S_IFDIR, status.st_mode & 0o022 == 0,
            owners.contains(status.st_uid)
        else { throw FleetProblem("\(place) must be a folder that root alone may change") }
        return try contents(
            of: path, upTo: 65_536, "a file that root and this program's user alone may read"
        ) { status in
            let others: mode_t = status.st_gid == 0 ? 0o037 : 0o077
            return status.st_mode & others == 0 && owners.contains(status.st_uid)
        }
    }

    /// The text of a plain file that `isPrivate`, by the rule that it must be.
    private static func contents(
        of path: String, upTo longest: Int, _ rule: String, if isPrivate: (stat) -> Bool
    ) throws(FleetProblem) -> String {
        // SAFETY: see `exists`.
        let file = unsafe open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { throw failure("cannot read", path) }
        defer { close(file) }
        var status = stat()
        // SAFETY: a local that the call fills.
        guard unsafe fstat(file, &status) == 0 else { throw failure("cannot read", path) }
        guard status.st_mode & S_IFMT == S_IFREG, isPrivate(status) else {
            throw FleetProblem("\(path) must be \(rule)")
        }
        let size = Int(status.st_size)
        guard (0...max(0, longest)).contains(size) else {
            throw FleetProblem("\(path) is too long")
        }
        var bytes = [UInt8](repeating: 0, count: size)
        var count = 0
        while count < bytes.count {
            // SAFETY: writes at most what is left after the `count` bytes.
            let got = unsafe bytes.withUnsafeMutableBytes { buffer in
                unsafe Glibc.read(
                    file, buffer.baseAddress?.advanced(by: count), buffer.count - count)
            }
            if got < 0 {
                guard errno == EINTR else { throw failure("cannot read", path) }
            } else if got == 0 {
                break
            } else {
                count += got
            }
        }
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }

    /// Whose files in `folder` are believed.
    private static func owners(in folder: String) -> [uid_t] {
        var status = stat()
        // SAFETY: a path as in `exists`, and a local that the call fills.
        guard geteuid() == 0, unsafe stat(folder, &status) == 0 else { return [0, geteuid()] }
        return [0, status.st_uid]
    }

    /// Writes all of it; 0, or the number of what went wrong.
    private static func filled(
        _ file: CInt, with bytes: [UInt8], _ mode: mode_t, in folder: String, _ isLasting: Bool
    ) -> CInt {
        var done = 0
        while done < bytes.count {
            // SAFETY: reads the bytes after the `done` ones.
            let wrote = unsafe bytes.withUnsafeBytes { buffer in
                unsafe Glibc.write(
                    file, buffer.baseAddress?.advanced(by: done), buffer.count - done)
            }
            if wrote < 0 {
                guard errno == EINTR else { return errno }
            } else {
                done += wrote
            }
        }
        // Whatever the umask is.
        guard fchmod(file, mode) == 0 else { return errno }
        var status = stat()
        // SAFETY: a local that the call fills.
        if geteuid() == 0, unsafe stat(folder, &status) == 0,
            fchown(file, status.st_uid, status.st_gid) != 0
        {
            return errno
        }
        return isLasting && fsync(file) != 0 ? errno : 0
    }

    /// Makes a renaming in `folder` survive a power cut.
    private static func settle(_ folder: String) throws(FleetProblem) {
        // SAFETY: see `exists`.
        let file = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard file >= 0 else { throw failure("cannot write", folder) }
        defer { close(file) }
        guard fsync(file) == 0 else { throw failure("cannot write", folder) }
    }

    private static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private static func failure(
        _ what: String, _ path: String, _ number: CInt = errno
    ) -> FleetProblem {
        let mend = [ENOSPC, EDQUOT].contains(number) ? "; free space on its disk" : ""
        return FleetProblem("\(what) \(path): \(reason(number))\(mend)")
    }

    /// The system's words for an error number (errno(3)).
    static func reason(_ number: CInt) -> String {
        // SAFETY: the C library's own text, copied at once.
        unsafe strerror(number).map { unsafe String(cString: $0) } ?? "error \(number)"
    }
}
