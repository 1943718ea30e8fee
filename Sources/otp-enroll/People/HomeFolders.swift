import CLinux
import Glibc
import OTPStore

/// The owners of the folders where home directories are.
struct HomeFolders {
    private(set) var owners: Set<UInt32> = []

    /// How many folders are read; a listing must end.
    private var rest = 200_000
    /// A file system that mounts what is looked up in it (<linux/magic.h>).
    private static let automounter = 0x0187

    /// /home, and wherever else these users have home directories.
    init(of accounts: [SystemUsers.Account]) {
        var roots: Set<String> = ["/home"]
        for account in accounts {
            let parts = account.home.split(separator: UInt8(ascii: "/")).dropLast()
            guard account.home.first == UInt8(ascii: "/"), !parts.isEmpty else { continue }
            roots.insert(parts.map { "/" + String(decoding: $0, as: UTF8.self) }.joined())
        }
        for root in roots.sorted() { look(into: root, deeper: true) }
    }

    /// A folder of root's among home directories contains those of a domain, as in
    /// /home/EXAMPLE.COM/alice.
    private mutating func look(into folder: String, deeper: Bool) {
        guard rest > 0, SystemFiles.fileSystem(folder) != HomeFolders.automounter else { return }
        for name in SystemFiles.names(in: folder) where rest > 0 {
            rest -= 1
            let path = folder + "/" + name
            guard let status = SystemFiles.status(path, following: false),
                status.st_mode & S_IFMT == S_IFDIR
            else { continue }
            if status.st_uid != 0 {
                owners.insert(status.st_uid)
            } else if deeper {
                look(into: path, deeper: false)
            }
        }
    }
}
