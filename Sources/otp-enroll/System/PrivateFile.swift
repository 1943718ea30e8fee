import CLinux
import Glibc
import OTPCore

/// A new file for a secret: for its owner alone, and never in the place of another one.
final class PrivateFile {
    /// Where it is.
    let path: String
    private let file: OpenFile

    /// Makes the file.
    init(_ path: String) throws(Failure) {
        self.path = path
        // SAFETY: the string is passed as a C string that lives through the call.
        let number = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard number >= 0 else {
            let exists = errno == EEXIST
            throw Failure(
                "\(Output.printable(path)): \(Machine.lastError)",
                hints: exists ? ["name a file that does not exist yet"] : [])
        }
        file = OpenFile(number)
    }

    /// Makes the file with `contents`, which are wiped.
    convenience init(_ path: String, holding contents: inout [UInt8]) throws(Failure) {
        defer { Secret.wipe(&contents) }
        try self.init(path)
        try append(&contents)
    }

    /// Writes `bytes` to its end, and wipes them. Where that fails, the file is gone.
    func append(_ bytes: inout [UInt8]) throws(Failure) {
        defer { Secret.wipe(&bytes) }
        guard Machine.write(bytes, to: file.number) else {
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
