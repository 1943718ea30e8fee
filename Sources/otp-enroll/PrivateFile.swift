import CLinux
import Glibc
import OTPCore

/// A new file for a secret: for its owner alone, and never in the place of another one.
struct PrivateFile {
    /// Where it is.
    let path: String

    /// Makes the file with `contents`, which are wiped.
    init(_ path: String, holding contents: inout [UInt8]) throws {
        defer { Secret.wipe(&contents) }
        self.path = path
        // SAFETY: the string is passed as a C string that lives through the call.
        let file = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0 else {
            let exists = errno == EEXIST
            throw Failure(
                "\(Output.printable(path)): \(Machine.lastError)",
                hints: exists ? ["name a file that is not there yet"] : [])
        }
        defer { _ = close(file) }
        guard Machine.write(contents, to: file) else {
            let failure = Failure("\(Output.printable(path)): \(Machine.lastError)")
            remove()
            throw failure
        }
    }

    /// Takes the file away again.
    func remove() {
        // SAFETY: the string is passed as a C string that lives through the call. A failure
        // leaves a file with a key that nobody enrolled.
        _ = unsafe unlink(path)
    }
}
