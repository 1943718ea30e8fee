/// What can go wrong on a connection.
public enum WireError: Error, Equatable, Sendable {
    /// The other end closed it between two frames, or is gone.
    case closed
    /// It was closed in the middle of a frame.
    case cut
    /// Nothing was received, or nothing could be sent, in time.
    case timedOut
    /// What was received is not a frame: too long, empty, or of an unknown kind.
    case malformed
    /// A system call failed with this number (errno(3)).
    case system(CInt)
}
