import Foundation

/// A lock on a file held by another open file, like another process's.
final class ForeignLock {
    private let descriptor: CInt

    init?(_ path: String, shared: Bool = false) {
        let descriptor = open(path, O_RDWR | O_CLOEXEC)
        self.descriptor = descriptor
        // A program started by another test holds copies of our descriptors until its exec.
        let isOurs = { flock(descriptor, (shared ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0 }
        guard descriptor >= 0, patiently(isOurs) else {
            return nil
        }
    }

    func release() { flock(descriptor, LOCK_UN) }

    deinit { close(descriptor) }
}
