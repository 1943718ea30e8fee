import Glibc
import OTPSystem

/// A temporary folder, for its owner only, removed with the value.
final class TemporaryFolder {
    let path: String
    private var files: [String] = []

    init() throws(SystemError) {
        var name = Array("/tmp/otp-enroll.XXXXXX".utf8CString)
        // SAFETY: a C string of our own, which the call changes in place; it is then copied.
        guard
            let made = unsafe name.withUnsafeMutableBufferPointer({ buffer -> String? in
                guard let start = buffer.baseAddress, let made = unsafe mkdtemp(start) else {
                    return nil
                }
                return unsafe String(cString: made)
            })
        else { throw SystemError.last }
        path = made
    }

    /// Makes a file in it.
    func write(_ text: String, to file: String) throws(SystemError) {
        // SAFETY: the string is passed as a C string that lives through the call.
        let number = unsafe open(file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard number >= 0 else { throw SystemError.last }
        files.append(file)
        let open = OpenFile(number)
        guard Machine.write(Array(text.utf8), to: open.number) else { throw SystemError.last }
    }

    deinit {
        // SAFETY: the strings are passed as C strings that live through the calls. A failure leaves
        // a copy of what everybody may read.
        for file in files { _ = unsafe unlink(file) }
        _ = unsafe rmdir(path)
    }
}
