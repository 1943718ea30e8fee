import OTPCore

// A store's file system, and what it does to the store.
extension StoreCheck {
    /// File systems whose locks and syncs depend on another machine or a program, by their numbers
    /// (statfs(2), <linux/magic.h>).
    private static let remote: [Int: String] = [
        0x6969: "NFS", 0x517B: "SMB", 0xFF53_4D42: "CIFS", 0xFE53_4D42: "SMB2",
        0x00C3_6400: "Ceph", 0x0102_1997: "9P", 0x5346_414F: "AFS", 0x7375_7245: "Coda",
        0x6573_5546: "FUSE",
    ]

    /// File systems that are empty after a reboot.
    private static let fleeting: [Int: String] = [0x0102_1994: "tmpfs", 0x8584_58F6: "ramfs"]

    /// Below this many free bytes and inodes, there is no room for a few records.
    private static let (leastBytes, leastNames): (UInt64, UInt64) = (1 << 16, 8)

    /// What is wrong with the store's location.
    static func placeFindings(_ path: String) -> [Finding] {
        [fleeting(path), remote(path), room(path), frozen(path)].compactMap { $0 }
    }

    private static func fleeting(_ path: String) -> Finding? {
        guard let kind = SystemFiles.fileSystem(path).flatMap({ fleeting[$0] }) else { return nil }
        return Finding(
            .problem,
            "\(path) is on \(kind): all records are lost at the next start of the machine, and then"
                + " the module denies everybody; keep the store on a disk", in: path)
    }

    private static func remote(_ path: String) -> Finding? {
        guard let kind = SystemFiles.fileSystem(path).flatMap({ remote[$0] }) else { return nil }
        return Finding(
            .warning,
            "\(path) is on \(kind): where locks do not hold, a code is good for two logins"
                + " at once, and what is synced may be lost; keep the store on a local disk",
            in: path)
    }

    private static func room(_ path: String) -> Finding? {
        guard let room = SystemFiles.room(path) else { return nil }
        if room.isReadOnly {
            return Finding(
                .problem,
                "\(path) is mounted read-only: no code can be used up, so the module denies everybody",
                in: path, change: "mount -o remount,rw \(SystemFiles.mountPoint(of: path))")
        }
        let isFull = room.bytes < leastBytes
        guard isFull || room.names.map({ $0 < leastNames }) == true else { return nil }
        return Finding(
            .warning,
            "the file system of \(path) has no \(isFull ? "room" : "inodes") left: nobody can enroll;"
                + " who is enrolled still logs in", in: path)
    }

    private static func frozen(_ path: String) -> Finding? {
        guard SystemFiles.isUnchangeable(path) else { return nil }
        return Finding(
            .warning, "\(path) is immutable: nobody can enroll", in: path,
            change: "chattr -ia \(path)")
    }
}
