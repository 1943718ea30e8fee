import CLinux
import Glibc
import OTPSystem

/// A file, for its owner only, that takes the place of another once it is whole and on the disk.
/// Until then it is called `FILE.new`, and it is removed if it does not get that far.
final class ReplacingFile {
    /// Where it will be.
    let path: String
    /// Where it is until then.
    let newPath: String
    private let file: OpenFile
    private var isDone = false

    /// Makes the file. One that a killed program left is taken over.
    init(_ path: String) throws(Failure) {
        self.path = path
        newPath = path + ".new"
        if let there = SystemFiles.status(path, following: false) {
            try there.requireRegular(Output.printable(path))
        }
        file = try ReplacingFile.open(newPath)
    }

    private static func open(_ path: String) throws(Failure) -> OpenFile {
        let name = Output.printable(path)
        let flags = O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC
        // SAFETY: the string is passed as a C string that lives through the call.
        let number = unsafe Glibc.open(path, flags, 0o600)
        guard number >= 0 else { throw Failure("\(name): \(Machine.lastError)") }
        let file = OpenFile(number)
        let status = try file.status(name)
        try status.requireRegular(name)
        guard status.st_uid == geteuid(), status.st_nlink == 1 else {
            throw Failure("\(name): it is somebody else's", hint: "remove it")
        }
        guard flock(file.number, LOCK_EX | LOCK_NB) == 0 else {
            throw Failure("\(name): another program is writing it")
        }
        // That program may have finished just before.
        guard let there = SystemFiles.status(path, following: false),
            there.st_ino == status.st_ino, there.st_dev == status.st_dev
        else { throw Failure("\(name): another program was writing it", hint: "try again") }
        guard fchmod(file.number, 0o600) == 0, ftruncate(file.number, 0) == 0 else {
            throw Failure("\(name): \(Machine.lastError)")
        }
        return file
    }

    func append(_ bytes: ArraySlice<UInt8>) throws(Failure) {
        guard Machine.write(Array(bytes), to: file.number) else { throw failure }
    }

    /// Lets others read it.
    func open(to mode: mode_t) throws(Failure) {
        guard fchmod(file.number, mode) == 0 else { throw failure }
    }

    /// Waits until all of it is on the disk; what is read after that comes from there.
    func sync() throws(Failure) {
        guard fsync(file.number) == 0 else { throw failure }
        // If it stays in memory, it is read from there.
        _ = posix_fadvise(file.number, 0, 0, POSIX_FADV_DONTNEED)
    }

    /// Takes the other file's place.
    func finish() throws(Failure) {
        // SAFETY: the strings are passed as C strings that live through the call.
        guard unsafe rename(newPath, path) == 0 else { throw failure }
        isDone = true
        let slash = path.lastIndex(of: "/")
        let folder = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        // SAFETY: as above.
        let number = unsafe Glibc.open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard number >= 0 else { throw failure }
        let opened = OpenFile(number)
        guard fsync(opened.number) == 0 else { throw failure }
    }

    private var failure: Failure {
        Failure("\(Output.printable(path)): \(Machine.lastError)")
    }

    deinit {
        // SAFETY: as above. A failure leaves a part of an encrypted file.
        if !isDone { _ = unsafe unlink(newPath) }
    }
}
