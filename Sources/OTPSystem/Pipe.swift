import Glibc

/// A pipe for this program only, both ends non-blocking.
public struct Pipe: ~Copyable {
    public var read: OpenFile?
    public var write: OpenFile?

    public init() throws(SystemError) {
        var ends: [CInt] = [-1, -1]
        // SAFETY: the array has room for the two descriptors.
        guard unsafe pipe(&ends) == 0, let first = ends.first, let last = ends.last else {
            throw .last
        }
        read = OpenFile(first)
        write = OpenFile(last)
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    }
}
