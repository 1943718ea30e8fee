/// What can go wrong on a connection.
public enum WireError: Error, Equatable, Sendable {
    /// The other end has closed it between two frames, or is gone.
    case closed
    /// It was closed in the middle of a frame.
    case cut
    /// Nothing came, or nothing was taken, in time.
    case timedOut
    /// What came is no frame: too long, empty, or of a kind that nobody knows.
    case malformed
    /// A system call failed, with this number (errno(3)).
    case system(CInt)
}
