import CLinux
import Glibc
import OTPCore
import OTPStore
import OTPSystem

/// Reads a file in a user's home directory as that user: its owner decides what is there, and might
/// direct root to somebody else's file.
enum ForeignFile {
    /// The largest file that is read, in bytes.
    static let limit = 65_536

    /// The contents of the file at `path`, relative to the home of `user`, who must own it; `nil`
    /// if there is none. The caller wipes them.
    static func read(_ path: String, of user: User) throws(Failure) -> [UInt8]? {
        guard let home = try home(of: user) else { return nil }
        let name = Output.printable(home == "/" ? "/" + path : home + "/" + path)
        guard let file = try open(path, in: home, of: user, name) else { return nil }
        let status = try file.status(name)
        try status.requireRegular(name)
        guard status.st_uid == user.uid else {
            throw Failure("\(name): it does not belong to \(Output.printable(user.name))")
        }
        // A second name might have been made by somebody else.
        guard status.st_nlink == 1 else {
            throw Failure("\(name): it has \(status.st_nlink) links, and may only have one")
        }
        return try OpenFile.contents(of: file.number, name, limit)
    }

    /// The home directory from the user database; `nil` if it has none.
    private static func home(of user: User) throws(Failure) -> String? {
        errno = 0
        // SAFETY: the C library's own memory; the text is copied before any other call, and there
        // is one thread.
        guard let entry = unsafe getpwuid(user.uid) else {
            if [0, ENOENT, ESRCH, EBADF, EPERM].contains(errno) { return nil }
            throw Failure("the user database cannot be read: \(Machine.lastError)")
        }
        // SAFETY: as above.
        guard let home = unsafe entry.pointee.pw_dir else { return nil }
        let path = unsafe String(cString: home)
        return path.hasPrefix("/") ? path : nil
    }

    // MARK: As the user

    /// Opens the file with only the user's rights.
    private static func open(
        _ path: String, in home: String, of user: User, _ name: String
    ) throws(Failure) -> OpenFile? {
        guard Machine.isRoot else { return try open(path, in: home, name) }
        let identity = try Identity()
        // Even if the change stopped half way.
        defer { identity.restore() }
        try Identity.assume(user)
        return try open(path, in: home, name)
    }

    /// Walks from the home directory to the file, and follows no link on the way. The home
    /// directory itself may be reached through links: only root can have made those.
    private static func open(
        _ path: String, in home: String, _ name: String
    ) throws(Failure) -> OpenFile? {
        let always = O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC
        var words = path.split(separator: "/")
        guard let last = words.popLast(), !(words + [last]).contains("..") else {
            throw Failure("\(name): no such file")
        }
        // SAFETY: the string is passed as a C string that lives through the call.
        var number = unsafe Glibc.open(home, O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_CLOEXEC)
        // A home such as /dev/null or /nonexistent contains nothing.
        if number < 0 && errno == ENOTDIR { return nil }
        for word in words where number >= 0 {
            let folder = OpenFile(number)
            // SAFETY: as above.
            number = unsafe openat(
                folder.number, String(word), O_RDONLY | O_DIRECTORY | always)
        }
        guard number >= 0 else { return try nothing(name) }
        let folder = OpenFile(number)
        // SAFETY: as above.
        number = unsafe openat(folder.number, String(last), O_RDONLY | always)
        guard number >= 0 else { return try nothing(name) }
        return OpenFile(number)
    }

    /// The error for a file that could not be opened, or `nil` if it does not exist.
    private static func nothing(_ name: String) throws(Failure) -> OpenFile? {
        switch errno {
        case ENOENT: return nil
        case ELOOP: throw Failure("\(name): it is a symbolic link, not a regular file")
        // Where a folder is expected, a link does not count.
        case ENOTDIR: throw Failure("\(name): a part of this path is a link or no folder")
        // open(2)'s error for a socket.
        case ENXIO: throw Failure("\(name): it is a socket, not a regular file")
        default: throw Failure("\(name): \(Machine.lastError)")
        }
    }
}

/// The ids of this program, to be restored.
private struct Identity {
    private let uid = geteuid()
    private let gid = getegid()
    private var groups: [gid_t]

    /// The exit status if they cannot be restored (EX_SOFTWARE).
    private static let unrestored: CInt = 70

    /// Saves the present ids.
    init() throws(Failure) {
        let count = getgroups(0, nil)
        guard count >= 0 else { throw Failure("cannot look up groups: \(Machine.lastError)") }
        groups = [gid_t](repeating: 0, count: Int(count))
        // SAFETY: the array has room for `count` groups.
        guard unsafe getgroups(count, &groups) == count else {
            throw Failure("cannot look up groups: \(Machine.lastError)")
        }
    }

    /// Assumes the ids of `user`: groups first, because only root can change them.
    static func assume(_ user: User) throws(Failure) {
        let name = user.name.map(CChar.init(bitPattern:)) + [0]
        // SAFETY: the name ends with NUL and lives through the call.
        guard unsafe initgroups(name, user.gid) == 0, setegid(user.gid) == 0,
            seteuid(user.uid) == 0, geteuid() == user.uid, getegid() == user.gid
        else {
            throw Failure(
                "files of \(Output.printable(user.name)) can only be read with that user's rights: "
                    + Machine.lastError)
        }
    }

    /// Restores them. To continue with half of somebody else's rights would be worse than to exit.
    func restore() {
        // SAFETY: reads `groups.count` groups.
        guard seteuid(uid) == 0, setegid(gid) == 0,
            unsafe setgroups(groups.count, groups) == 0, geteuid() == uid, getegid() == gid
        else {
            Output.note("cannot regain the program's own rights: \(Machine.lastError)")
            _exit(Identity.unrestored)
        }
    }
}
