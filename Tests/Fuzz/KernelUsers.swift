import CLinux

// The user database, and the system log.

/// The existing users.
private let users: [(name: String, uid: uid_t)] = [("alice", 1000), ("bob", 1001)]

extension User {
    /// The user with this name or UID.
    static func known(_ name: [UInt8]) -> User? { known { Array($0.name.utf8) == name } }
    static func known(_ number: UInt32) -> User? { known { $0.uid == number } }

    private static func known(_ isIt: ((name: String, uid: uid_t)) -> Bool) -> User? {
        users.first(where: isIt)
            .map { User(name: Array($0.name.utf8), uid: $0.uid, gid: $0.uid) }
    }
}

private typealias Room = UnsafeMutablePointer<CChar>
private typealias Entry = UnsafeMutablePointer<passwd>

/// Puts an entry into the caller's buffer; returns an error number.
private func fill(
    _ entry: Entry?, _ buffer: Room?, _ length: Int, _ result: UnsafeMutablePointer<Entry?>?,
    where isIt: ((name: String, uid: uid_t)) -> Bool
) -> CInt {
    guard let kernel else { mistake("a user outside of a login") }
    result?.pointee = nil
    if case .number(let number) = kernel.faults.next() {
        // getpwnam(3) returns these for missing users; they are no failures.
        return [ENOENT, ESRCH, EBADF, EPERM].contains(number) ? EIO : number
    }
    guard let user = users.first(where: isIt) else { return 0 }
    guard let buffer, user.name.utf8.count < length else { return ERANGE }
    for (index, byte) in user.name.utf8.enumerated() { buffer[index] = CChar(bitPattern: byte) }
    buffer[user.name.utf8.count] = 0
    entry?.pointee.pw_name = buffer
    entry?.pointee.pw_uid = user.uid
    entry?.pointee.pw_gid = user.uid
    result?.pointee = entry
    return 0
}

@_cdecl("__wrap_getpwnam_r")
public func userNamed(
    _ name: UnsafePointer<CChar>?, _ entry: UnsafeMutablePointer<passwd>?,
    _ buffer: UnsafeMutablePointer<CChar>?, _ length: Int,
    _ result: UnsafeMutablePointer<UnsafeMutablePointer<passwd>?>?
) -> CInt {
    let wanted = name.map { String(cString: $0) }
    return fill(entry, buffer, length, result) { $0.name == wanted }
}

@_cdecl("__wrap_getpwuid_r")
public func userNumbered(
    _ number: uid_t, _ entry: UnsafeMutablePointer<passwd>?,
    _ buffer: UnsafeMutablePointer<CChar>?, _ length: Int,
    _ result: UnsafeMutablePointer<UnsafeMutablePointer<passwd>?>?
) -> CInt {
    fill(entry, buffer, length, result) { $0.uid == number }
}

@_cdecl("__wrap_getgrnam_r")
public func groupNamed(
    _ name: UnsafePointer<CChar>?, _ entry: UnsafeMutablePointer<group>?,
    _ buffer: UnsafeMutablePointer<CChar>?, _ length: Int,
    _ result: UnsafeMutablePointer<UnsafeMutablePointer<group>?>?
) -> CInt {
    result?.pointee = nil
    if case .number(let number) = kernel?.faults.next() { return number }
    guard let name, String(cString: name) == "staff" else { return 0 }
    entry?.pointee.gr_gid = 500
    result?.pointee = entry
    return 0
}

@_cdecl("__wrap_getgrouplist")
public func groupList(
    _ name: UnsafePointer<CChar>?, _ group: gid_t, _ groups: UnsafeMutablePointer<gid_t>?,
    _ count: UnsafeMutablePointer<CInt>?
) -> CInt {
    let all = [group] + (kernel?.groups ?? [])
    guard let groups, let count, Int(count.pointee) >= all.count else { return -1 }
    for (index, group) in all.enumerated() { groups[index] = group }
    count.pointee = CInt(all.count)
    return count.pointee
}

/// Stands in for syslog(3). The format is the shim's, with a single text.
@_cdecl("__wrap_syslog")
public func log(
    _ priority: CInt, _ format: UnsafePointer<CChar>?, _ message: UnsafePointer<CChar>?
) {
    guard let kernel, let message, !kernel.faults.isOver else { return }
    expect(format.map { String(cString: $0) } == "%s", "a format from outside")
    expect(priority >> 3 == 10 && kernel.locks == 0, "a line of another log, or under a lock")
    kernel.journal.append(Array(UnsafeRawBufferPointer(start: message, count: strlen(message))))
}
