import CLinux
import Glibc
import OTPCore

/// All users, as far as the system lists them. It has unsafe code (see `System.swift`).
extension SystemUsers {
    /// A group and its members by name; users whose primary group it is may be missing.
    public struct Group: Sendable {
        /// Its GID.
        public let gid: UInt32
        /// The names of the members.
        public let members: [[UInt8]]
    }

    /// All users that the system lists, in its order (getpwent(3)). A directory that does not allow
    /// listing, as is usual with LDAP, returns none; its users are still found by name. `hear` is
    /// called for each, as a directory may be slow.
    public func all(_ hear: () -> Void = {}) throws(StoreError) -> [Account] {
        setpwent()
        defer { endpwent() }
        var users: [Account] = []
        var length = Room.smallest
        var retries = Retries()
        while length <= SystemUsers.maximumEntry {
            guard let room = Room(length) else { throw SystemUsers.trouble(Errno(number: ENOMEM)) }
            var status: CInt = 0
            while status == 0 {
                var entry = unsafe passwd()
                var result: UnsafeMutablePointer<passwd>?
                // SAFETY: the room is as long as stated; the rest are locals.
                status = unsafe getpwent_r(&entry, room.start, length, &result)
                // SAFETY: what `entry` points to is in the room, and is copied.
                if unsafe status == 0 && result != nil, let user = unsafe SystemUsers.account(entry)
                {
                    users.append(user)
                    hear()
                }
            }
            switch status {
            case ENOENT: return users
            // The same entry comes again, given more room.
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

    /// The group of this name; `nil` if there is none.
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

    /// The UIDs of people, from UID_MIN to UID_MAX in /etc/login.defs.
    public func peoplesNumbers() -> ClosedRange<UInt32> {
        var (first, last): (UInt32, UInt32) = (1000, 60_000)
        var text: [UInt8] = []
        do throws(Errno) {
            let root = try System.openRoot()
            let file = try System.open(
                [UInt8]("etc/login.defs" as StaticString), in: root, O_RDONLY | O_NONBLOCK)
            text = try System.read(file, count: 65_536)
        } catch {
            // Without the file, the usual values apply.
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
