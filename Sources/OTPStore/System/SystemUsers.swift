import CLinux
import Glibc
import OTPCore
import Synchronization

/// The system's users and groups, through getpwnam_r(3) and related functions, so that LDAP and the
/// like are asked as well. It has unsafe code (see `System.swift`).
public struct SystemUsers: UserDirectory {
    /// The largest entry that is read, in bytes. glibc has no limit: getgrnam(3) grows its buffer
    /// until an entry fits, and a group of everybody is a long line. This has room for more than a
    /// million members.
    static let maximumEntry = 1 << 26
    /// From this size on, entries are read one at a time: many logins at once would need more
    /// memory than the service may have.
    private static let largeEntry = 1 << 20
    private static let turn = Mutex(())
    /// How many groups a user can be in. The kernel gives a process 65,536, and the databases may
    /// have more.
    private static let maximumGroups: CInt = 1 << 20

    public init() {}

    /// A user, with what else is needed of the entry.
    public struct Account: Sendable {
        public let user: User
        public let home: [UInt8]
        public let shell: [UInt8]
    }

    /// The user of this name; names are 1 to 256 bytes without control characters.
    public func user(named name: [UInt8]) throws(StoreError) -> User? {
        try account(named: name)?.user
    }

    /// The user with this UID.
    public func user(withID uid: UInt32) throws(StoreError) -> User? {
        try account(withID: uid)?.user
    }

    /// The account of this name.
    public func account(named name: [UInt8]) throws(StoreError) -> Account? {
        guard (1...User.maximumNameLength).contains(name.count),
            name.allSatisfy({ $0 >= 0x20 && $0 != 0x7f })
        else { return nil }
        return unsafe try entry(about: name) { (buffer, length, found: inout Account?) in
            var entry = unsafe passwd()
            var result: UnsafeMutablePointer<passwd>?
            // SAFETY: `text` ends with NUL, the buffer is `length` long, the rest are locals.
            let status = unsafe System.withCString(name) {
                unsafe getpwnam_r($0, &entry, buffer, length, &result)
            }
            if unsafe status == 0 && result != nil { found = unsafe SystemUsers.account(entry) }
            return status
        }
    }

    /// The account with this UID.
    public func account(withID uid: UInt32) throws(StoreError) -> Account? {
        unsafe try entry(about: Array("user \(uid)".utf8)) {
            (buffer, length, found: inout Account?) in
            var entry = unsafe passwd()
            var result: UnsafeMutablePointer<passwd>?
            // SAFETY: the buffer is `length` long, the rest are locals.
            let status = unsafe getpwuid_r(uid, &entry, buffer, length, &result)
            if unsafe status == 0 && result != nil { found = unsafe SystemUsers.account(entry) }
            return status
        }
    }

    /// Whether `user` is in `group`, by its primary group or as a member.
    public func isMember(_ user: User, of group: [UInt8]) throws(StoreError) -> Bool {
        var size = 0
        let wanted: UInt32? = unsafe try entry(about: group) {
            (buffer, length, found: inout UInt32?) in
            size = length
            var entry = unsafe CLinux.group()
            var result: UnsafeMutablePointer<CLinux.group>?
            // SAFETY: `text` ends with NUL, the buffer is `length` long, the rest are locals.
            let status = unsafe System.withCString(group) {
                unsafe getgrnam_r($0, &entry, buffer, length, &result)
            }
            if unsafe status == 0 && result != nil { found = unsafe entry.gr_gid }
            return status
        }
        guard let wanted else {
            throw StoreError(.configuration, group, "exempt_group: there is no such group")
        }
        // The C library reads all groups for this.
        let all =
            size < SystemUsers.largeEntry
            ? try groups(of: user)
            : try SystemUsers.turn.withLock { _ throws(StoreError) in try groups(of: user) }
        return all.contains(wanted)
    }

    private func groups(of user: User) throws(StoreError) -> [UInt32] {
        var room: CInt = 64
        while room <= SystemUsers.maximumGroups {
            var count = room
            var groups = [gid_t](repeating: 0, count: Int(room))
            // SAFETY: `name` ends with NUL, and the array has room for `count` groups.
            let status = unsafe System.withCString(user.name) { text in
                unsafe groups.withUnsafeMutableBufferPointer { groups in
                    guard let start = groups.baseAddress else { return -1 }
                    return unsafe getgrouplist(text, user.gid, start, &count)
                }
            }
            if status >= 0 { return Array(groups.prefix(Int(max(0, min(count, room))))) }
            // `count` then says how many there are.
            room = max(room * 4, min(count, SystemUsers.maximumGroups))
        }
        throw StoreError(.system, user.name, "the groups cannot be read")
    }

    /// Calls `look` with more and more room until the entry fits; `nil` for no entry.
    func entry<Value>(
        about subject: [UInt8], _ look: (UnsafeMutablePointer<CChar>, Int, inout Value?) -> CInt
    ) throws(StoreError) -> Value? {
        var length = Room.smallest
        var retries = Retries()
        while length <= SystemUsers.maximumEntry {
            guard let room = Room(length) else { throw StoreError(subject, Errno(number: ENOMEM)) }
            var value: Value?
            let status =
                length < SystemUsers.largeEntry
                ? unsafe look(room.start, length, &value)
                : SystemUsers.turn.withLock { _ in unsafe look(room.start, length, &value) }
            switch status {
            // getpwnam(3) lists these for "not found".
            case 0, ENOENT, ESRCH, EBADF, EPERM: return value
            case ERANGE: length *= 4
            default:
                let error = Errno(number: status)
                guard retries.allow(error) else { throw StoreError(subject, error) }
            }
        }
        throw StoreError(.system, subject, "the entry in the user database is too long")
    }

    /// Room for an entry; only what is written to takes memory.
    ///
    /// SAFETY: the mapping is `length` bytes long, and is unmapped with the value.
    @safe
    struct Room: ~Copyable {
        /// A page.
        static let smallest = 4096
        let start: UnsafeMutablePointer<CChar>
        private let length: Int

        init?(_ length: Int) {
            // SAFETY: a new mapping of this length, which is ours until `deinit`.
            let room = unsafe mmap(
                nil, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
            guard let room = unsafe room, unsafe room != MAP_FAILED else { return nil }
            unsafe start = room.bindMemory(to: CChar.self, capacity: length)
            self.length = length
        }

        deinit { unsafe munmap(start, length) }
    }

    static func account(_ entry: passwd) -> Account? {
        guard let name = unsafe entry.pw_name else { return nil }
        return unsafe Account(
            user: User(name: bytes(name), uid: entry.pw_uid, gid: entry.pw_gid),
            home: entry.pw_dir.map { unsafe bytes($0) } ?? [],
            shell: entry.pw_shell.map { unsafe bytes($0) } ?? [])
    }

    static func bytes(_ text: UnsafePointer<CChar>) -> [UInt8] {
        // SAFETY: the C library ended the text with NUL.
        unsafe [UInt8](UnsafeRawBufferPointer(start: text, count: strlen(text)))
    }
}
