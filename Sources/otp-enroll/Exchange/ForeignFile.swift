import CLinux
import Glibc
import OTPCore
import OTPStore

/// Reads a file in a user's home as that user: whoever owns a home decides what lies there, and
/// might turn root's eyes to somebody else's file.
enum ForeignFile {
    /// The largest file that is read, in bytes.
    static let limit = 65_536

    /// All of the file at `path`, relative to the home of `user`, who has to own it; `nil` where
    /// there is none. To be wiped.
    static func read(_ path: String, of user: User) throws(Failure) -> [UInt8]? {
        guard let home = try home(of: user) else { return nil }
        let name = Output.printable(home == "/" ? "/" + path : home + "/" + path)
        guard let file = try open(path, in: home, of: user, name) else { return nil }
        let status = try file.status(name)
        try status.requireRegular(name)
        guard status.st_uid == user.uid else {
            throw Failure("\(name): it does not belong to \(Output.printable(user.name))")
        }
        // A second name might be one that somebody else gave it.
        guard status.st_nlink == 1 else {
            throw Failure("\(name): it has \(status.st_nlink) links, and may only have one")
        }
        return try OpenFile.contents(of: file.number, name, limit)
    }

    /// The home that the user database names; `nil` where it names none.
    private static func home(of user: User) throws(Failure) -> String? {
        errno = 0
        // SAFETY: the C library's own memory, of which the text is copied before any other call;
        // there is one thread.
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

    /// Opens the file with the user's rights and no more.
    private static func open(
        _ path: String, in home: String, of user: User, _ name: String
    ) throws(Failure) -> OpenFile? {
        guard Machine.isRoot else { return try open(path, in: home, name) }
        let identity = try Identity()
        // Also where the change stopped half way.
        defer { identity.restore() }
        try Identity.assume(user)
        return try open(path, in: home, name)
    }

    /// Walks from the home to the file, and follows no link on the way. The home itself may be
    /// reached by links: only root can have made those.
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
        // A home such as /dev/null or /nonexistent holds nothing.
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

    /// What becomes of a file that could not be opened.
    private static func nothing(_ name: String) throws(Failure) -> OpenFile? {
        switch errno {
        case ENOENT: return nil
        case ELOOP: throw Failure("\(name): it is a symbolic link, not a regular file")
        // Where a folder is asked for, a link is none.
        case ENOTDIR: throw Failure("\(name): a part of this path is a link or no folder")
        // What open(2) says of a socket.
        case ENXIO: throw Failure("\(name): it is a socket, not a regular file")
        default: throw Failure("\(name): \(Machine.lastError)")
        }
    }
}

/// The ids that this program works under, to go back to.
private struct Identity {
    private let uid = geteuid()
    private let gid = getegid()
    private var groups: [gid_t]

    /// What the program ends with where it cannot get its own ids back (EX_SOFTWARE).
    private static let unrestored: CInt = 70

    /// Remembers the present ids.
    init() throws(Failure) {
        let count = getgroups(0, nil)
        guard count >= 0 else { throw Failure("cannot look up groups: \(Machine.lastError)") }
        groups = [gid_t](repeating: 0, count: Int(count))
        // SAFETY: the array has room for `count` groups.
        guard unsafe getgroups(count, &groups) == count else {
            throw Failure("cannot look up groups: \(Machine.lastError)")
        }
    }

    /// Takes on the ids of `user`: groups first, because only root can change them.
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

    /// Goes back. To go on with half of somebody else's rights would be worse than to end.
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
