import CLinux
import OTPCore

/// The system's users and groups, through getpwnam_r(3) and its kin, so that LDAP and the like
/// are asked as well. Beside `SystemCalls.swift`, the only file in OTPStore with unsafe code.
public struct SystemUsers: UserDirectory {
    /// The largest entry that is read, in bytes.
    private static let maximumEntry = 1 << 18

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
        about subject: [UInt8],
        _ look: (UnsafeMutablePointer<CChar>, Int, inout Value?) -> CInt
    ) throws(StoreError) -> Value? {
        var length = 1024
        while length <= SystemUsers.maximumEntry {
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
            case EINTR: continue
            default: throw StoreError(subject, Errno(number: status))
            }
        }
        throw StoreError(.system, subject, "the entry in the user database is too long")
    }

    private static func user(_ entry: passwd) -> User? {
        guard let name = unsafe entry.pw_name else { return nil }
        // SAFETY: the C library ended the name with NUL.
        let bytes = unsafe [UInt8](
            UnsafeRawBufferPointer(start: name, count: strlen(name)))
        return unsafe User(name: bytes, uid: entry.pw_uid, gid: entry.pw_gid)
    }
}
