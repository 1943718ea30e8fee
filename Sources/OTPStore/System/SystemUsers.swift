import CLinux
import Glibc
import OTPCore
import Synchronization

/// The system's users and groups, through getpwnam_r(3) and its kin, so that LDAP and the like
/// are asked as well. It has unsafe code (see `SystemCalls.swift`).
public struct SystemUsers: UserDirectory {
    /// The largest entry that is read, in bytes. glibc has no limit: getgrnam(3) makes room until
    /// an entry fits, and a group of everybody is a long line. In this one are more than a million.
    private static let maximumEntry = 1 << 26
    /// From this size on, entries are read one after the other: many logins at once would need more
    /// memory than the service may have.
    private static let largeEntry = 1 << 20
    private static let turn = Mutex(())
    /// In how many groups a user can be. The kernel gives a process 65,536, and the databases may
    /// have more.
    private static let maximumGroups: CInt = 1 << 20

    public init() {}

    /// The user of this name; names are 1 to 256 bytes without control characters.
    public func user(named name: [UInt8]) throws(StoreError) -> User? {
        guard (1...User.maximumNameLength).contains(name.count),
            name.allSatisfy({ $0 >= 0x20 && $0 != 0x7f })
        else { return nil }
        return unsafe try entry(about: name) { (buffer, length, found: inout User?) in
            var entry = unsafe passwd()
            var result: UnsafeMutablePointer<passwd>?
            // SAFETY: `text` ends with NUL, the buffer is `length` long, the rest are locals.
            let status = unsafe System.withCString(name) {
                unsafe getpwnam_r($0, &entry, buffer, length, &result)
            }
            if unsafe status == 0 && result != nil { found = unsafe SystemUsers.user(entry) }
            return status
        }
    }

    /// The user with this number.
    public func user(withID uid: UInt32) throws(StoreError) -> User? {
        unsafe try entry(about: Array("user \(uid)".utf8)) { (buffer, length, found: inout User?) in
            var entry = unsafe passwd()
            var result: UnsafeMutablePointer<passwd>?
            // SAFETY: the buffer is `length` long, the rest are locals.
            let status = unsafe getpwuid_r(uid, &entry, buffer, length, &result)
            if unsafe status == 0 && result != nil { found = unsafe SystemUsers.user(entry) }
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
        // The C library reads all groups for it.
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
            // `count` says how many there are.
            room = max(room * 4, min(count, SystemUsers.maximumGroups))
        }
        throw StoreError(.system, user.name, "the groups cannot be read")
    }

    /// Calls `look` with more and more room until the entry fits; `nil` for no entry.
    private func entry<Value>(
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

    /// Room for an entry, of which only what is written to takes memory.
    ///
    /// SAFETY: the mapping is as long as `length`, and is given back with the value.
    @safe
    private struct Room: ~Copyable {
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

    private static func user(_ entry: passwd) -> User? {
        guard let name = unsafe entry.pw_name else { return nil }
        return unsafe User(name: bytes(name), uid: entry.pw_uid, gid: entry.pw_gid)
    }

    private static func bytes(_ text: UnsafePointer<CChar>) -> [UInt8] {
        // SAFETY: the C library ended the text with NUL.
        unsafe [UInt8](UnsafeRawBufferPointer(start: text, count: strlen(text)))
    }
}

// MARK: Everybody

extension SystemUsers {
    /// A group and who is in it by name; those whose primary group it is need not be among them.
    public struct Group: Sendable {
        /// Its number.
        public let gid: UInt32
        /// The names of the members.
        public let members: [[UInt8]]
    }

    /// Everybody whom the system lists, in its order (getpwent(3)). A directory that may not be
    /// listed, as is usual with LDAP, gives nobody; its users are still found one by one.
    public func all() throws(StoreError) -> [User] {
        setpwent()
        defer { endpwent() }
        var users: [User] = []
        var length = Room.smallest
        var retries = Retries()
        while length <= SystemUsers.maximumEntry {
            guard let room = Room(length) else { throw SystemUsers.trouble(Errno(number: ENOMEM)) }
            var status: CInt = 0
            while status == 0 {
                var entry = unsafe passwd()
                var result: UnsafeMutablePointer<passwd>?
                // SAFETY: the room is as long as is said, the rest are locals.
                status = unsafe getpwent_r(&entry, room.start, length, &result)
                // SAFETY: what `entry` points to lies in the room, and is copied.
                if unsafe status == 0 && result != nil, let user = unsafe SystemUsers.user(entry) {
                    users.append(user)
                }
            }
            switch status {
            case ENOENT: return users
            // The same entry comes again for more room.
            case ERANGE: length *= 4
            default:
                let error = Errno(number: status)
                guard retries.allow(error) else { throw SystemUsers.trouble(error) }
            }
        }
        throw StoreError(
            .system, [UInt8]("user database" as StaticString), "an entry in it is too long")
    }

    private static func trouble(_ error: Errno) -> StoreError {
        StoreError([UInt8]("user database" as StaticString), error)
    }

    /// The group of this name; `nil` where there is none.
    public func group(named name: [UInt8]) throws(StoreError) -> Group? {
        guard !name.isEmpty, name.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else { return nil }
        return unsafe try entry(about: name) {
            (buffer, length, found: inout Group?) in
            var entry = unsafe CLinux.group()
            var result: UnsafeMutablePointer<CLinux.group>?
            // SAFETY: `text` ends with NUL, the buffer is `length` long, the rest are locals.
            let status = unsafe System.withCString(name) {
                unsafe getgrnam_r($0, &entry, buffer, length, &result)
            }
            guard unsafe status == 0 && result != nil else { return status }
            var members: [[UInt8]] = []
            // SAFETY: the C library ends the list with a null pointer.
            if var member = unsafe entry.gr_mem {
                while let name = unsafe member.pointee {
                    members.append(unsafe SystemUsers.bytes(name))
                    unsafe member += 1
                }
            }
            found = unsafe Group(gid: entry.gr_gid, members: members)
            return status
        }
    }

    /// The numbers that people have, as UID_MIN and UID_MAX of /etc/login.defs say.
    public func peoplesNumbers() -> ClosedRange<UInt32> {
        var (first, last): (UInt32, UInt32) = (1000, 60_000)
        var text: [UInt8] = []
        do throws(Errno) {
            let root = try System.openRoot()
            let file = try System.open(
                [UInt8]("etc/login.defs" as StaticString), in: root, O_RDONLY | O_NONBLOCK)
            text = try System.read(file, count: 65_536)
        } catch {
            // Without the file, what is usual holds.
        }
        for line in text.split(separator: UInt8(ascii: "\n")) {
            let words = line.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
            guard words.count >= 2,
                let number = UInt32(String(decoding: words[1], as: UTF8.self))
            else { continue }
            if words[0].elementsEqual([UInt8]("UID_MIN" as StaticString)) { first = number }
            if words[0].elementsEqual([UInt8]("UID_MAX" as StaticString)) { last = number }
        }
        return first...max(first, last)
    }
}
