import CLinux
import Glibc
import OTPCore
import OTPSystem

/// A new file for a secret: only its owner may read it, and it never replaces another one.
final class PrivateFile {
    /// If it is.
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
                hints: exists ? [Phrase("name a file that does not exist yet").text] : [])
        }
        file = OpenFile(number)
    }

    /// Makes the file with `contents`, which are wiped.
    convenience init(_ path: String, holding contents: inout [UInt8]) throws(Failure) {
        defer { Secret.wipe(&contents) }
        try self.init(path)
        try append(&contents)
    }

    /// Appends `bytes`, and wipes them. If that fails, the file is removed.
    func append(_ bytes: inout [UInt8]) throws(Failure) {
        defer { Secret.wipe(&bytes) }
        guard Machine.write(bytes, to: file.number) else {
            let failure = Failure("\(Output.printable(path)): \(Machine.lastError)")
            remove()
            throw failure
        }
    }

    /// Removes the file again.
    func remove() {
        // SAFETY: the string is passed as a C string that lives through the call. A failure leaves
        // a file with a key that nobody enrolled.
        _ = unsafe unlink(path)
    }
}
