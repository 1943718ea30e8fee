import Foundation

/// The files of a folder at one moment, so that they can be restored.
public struct Snapshot: Sendable {
    private let folder: String
    private let saved: [String: Data]

    /// Reads all files of a folder without subfolders.
    public init(of folder: String) throws {
        self.folder = folder
        saved = try Snapshot.files(folder)
    }

    /// Removes new files, and rewrites changed ones, readable only by their owner.
    public func restore() throws {
        for (name, bytes) in try Snapshot.files(folder) where saved[name] != bytes {
            guard unlink("\(folder)/\(name)") == 0 else { throw Trouble("\(name) stays") }
        }
        for (name, bytes) in saved where access("\(folder)/\(name)", F_OK) != 0 {
            let file = open("\(folder)/\(name)", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
            defer { close(file) }
            let count = bytes.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
            guard count == bytes.count else { throw Trouble("cannot write \(name)") }
        }
    }

    /// The names of the changed files.
    public func changes() throws -> [String] {
        let now = try Snapshot.files(folder)
        return Set(now.keys).union(saved.keys).filter { now[$0] != saved[$0] }.sorted()
    }

    private static func files(_ folder: String) throws -> [String: Data] {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder)
        return try names.reduce(into: [:]) { files, name in
            files[name] = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)"))
        }
    }
}
