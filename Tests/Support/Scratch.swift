import Foundation

/// A folder for one test, removed with its contents when its last owner is gone.
public final class Scratch: Sendable {
    public let path: String

    /// Makes a folder that only root can change (others may enter it), as a store requires of all
    /// folders above it.
    public init(in folder: String = NSTemporaryDirectory()) throws {
        var template = Array((folder + "/swiftotp-XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else { throw Trouble("cannot make a temporary folder") }
        path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
            .replacing("//", with: "/")
        chmod(path, 0o755)
    }

    /// The path of a file in the folder.
    public func file(_ name: String) -> String { path + "/" + name }

    /// Writes a file, private by default, and returns its path.
    @discardableResult
    public func write(_ text: String, to name: String, mode: mode_t = 0o600) throws -> String {
        let path = file(name)
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        chmod(path, mode)
        if mode & 0o111 != 0 { try Scratch.waitUntilExecutable(path) }
        return path
    }

    /// Copies a program, which everybody may run, and returns its path.
    @discardableResult
    public static func copy(program: String, to path: String) throws -> String {
        try FileManager.default.copyItem(atPath: program, toPath: path)
        chmod(path, 0o755)
        try waitUntilExecutable(path)
        return path
    }

    /// Waits until nobody has a new file open for writing. A thread that is just starting a program
    /// has a copy of our descriptor for a moment, and the file cannot be executed then.
    public static func waitUntilExecutable(_ path: String) throws {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw Trouble("cannot open \(path)") }
        defer { close(file) }
        // F_SETLEASE of fcntl(2): a read lease is refused while somebody writes.
        for _ in 0..<5000 {
            if fcntl(file, 1024, F_RDLCK) == 0 {
                _ = fcntl(file, 1024, F_UNLCK)
                return
            }
            guard errno == EAGAIN else { return }
            usleep(1000)
        }
        throw Trouble("somebody keeps \(path) open for writing")
    }

    /// Makes a folder in the folder, and returns its path.
    public func folder(_ name: String, mode: mode_t = 0o700) throws -> String {
        let path = file(name)
        guard mkdir(path, mode) == 0, chmod(path, mode) == 0 else {
            throw Trouble("cannot make \(path)")
        }
        return path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}
