import Foundation

/// A lock on a file that somebody else holds: another open file, as another process has.
final class ForeignLock {
    private let descriptor: CInt

    init?(_ path: String, shared: Bool = false) {
        let descriptor = open(path, O_RDWR | O_CLOEXEC)
        self.descriptor = descriptor
        // A program that another test starts has copies of our descriptors until it runs.
        let isOurs = { flock(descriptor, (shared ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0 }
        guard descriptor >= 0, patiently(isOurs) else {
            return nil
        }
    }

    func release() { flock(descriptor, LOCK_UN) }

    deinit { close(descriptor) }
}
