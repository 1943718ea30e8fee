import Glibc

/// An open file, closed with its owner.
public struct FileDescriptor: ~Copyable {
    let number: CInt

    init(_ number: CInt) { self.number = number }

    deinit { _ = close(number) }
}

/// What fstat(2) says about an open file.
struct FileStatus {
    let mode: UInt32
    let owner: UInt32
    let links: UInt64
    let size: Int64

    var isRegular: Bool { mode & UInt32(S_IFMT) == UInt32(S_IFREG) }
    /// Permission bits, including sticky, set-user-ID and set-group-ID.
    var permissions: UInt32 { mode & 0o7777 }
}
