import CLinux
import Glibc
import OTPCore

/// The system's users and groups, through getpwnam_r(3) and its kin, so that LDAP and the like
/// are asked as well. It has unsafe code (see `SystemCalls.swift`).
public struct SystemUsers: UserDirectory {
    /// The largest entry that is read, in bytes.
    private static let maximumEntry = 1 << 18
    /// The largest group that is read, in bytes: one of everybody is a long line.
    private static let maximumGroup = 1 << 26

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
        let wanted: UInt32? = unsafe try entry(about: group) {
            (buffer, length, found: inout UInt32?) in
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
        return try groups(of: user).contains(wanted)
    }

    private func groups(of user: User) throws(StoreError) -> [UInt32] {
        var room: CInt = 64
        while room <= 65_536 {
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
            room *= 4
        }
        throw StoreError(.system, user.name, "the groups cannot be read")
    }

    /// Calls `look` with buffers of growing size until the entry fits; `nil` for no entry.
    private func entry<Value>(
        about subject: [UInt8], upTo maximum: Int = SystemUsers.maximumEntry,
        _ look: (UnsafeMutablePointer<CChar>, Int, inout Value?) -> CInt
    ) throws(StoreError) -> Value? {
        var length = 1024
        var retries = Retries()
        while length <= maximum {
            var buffer = [CChar](repeating: 0, count: length)
            var value: Value?
            let status = unsafe buffer.withUnsafeMutableBufferPointer { buffer in
                guard let start = buffer.baseAddress else { return EINVAL }
                return unsafe look(start, buffer.count, &value)
            }
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
        var buffer = [CChar](repeating: 0, count: 4096)
        var retries = Retries()
        while buffer.count <= SystemUsers.maximumEntry {
            var entry = unsafe passwd()
            var result: UnsafeMutablePointer<passwd>?
            let status = unsafe buffer.withUnsafeMutableBufferPointer { buffer in
                guard let start = buffer.baseAddress else { return EINVAL }
                // SAFETY: the buffer is as long as is said, the rest are locals.
                let status = unsafe getpwent_r(&entry, start, buffer.count, &result)
                // SAFETY: what `entry` points to lies in the buffer, and is copied.
                if unsafe status == 0 && result != nil, let user = unsafe SystemUsers.user(entry) {
                    users.append(user)
                }
                return status
            }
            switch status {
            case 0: continue
            case ENOENT: return users
            // The same entry comes again for a larger buffer.
            case ERANGE: buffer = [CChar](repeating: 0, count: buffer.count * 4)
            default:
                let error = Errno(number: status)
                if retries.allow(error) { continue }
                throw StoreError([UInt8]("user database" as StaticString), error)
            }
        }
        throw StoreError(
            .system, [UInt8]("user database" as StaticString), "an entry in it is too long")
    }

    /// The group of this name; `nil` where there is none.
    public func group(named name: [UInt8]) throws(StoreError) -> Group? {
        guard !name.isEmpty, name.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else { return nil }
        return unsafe try entry(about: name, upTo: SystemUsers.maximumGroup) {
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
            text = try System.read(file, at: 0, count: 65_536)
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
