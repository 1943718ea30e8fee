import Foundation

/// A program run to its end, with all its output.
public struct Command: Sendable {
    public let status: Int32
    public let output: String
    public let errors: String

    /// Runs a program, found on PATH. Its input and output are files, so that neither side can
    /// block on a full pipe.
    public static func run(
        _ words: [String], input: String = "", environment: [String: String] = [:],
        within limit: Duration = .seconds(60)
    ) async throws -> Command {
        let stdin = try NamelessFile(input), stdout = try NamelessFile(),
            stderr = try NamelessFile()
        let child = try Child(
            words, environment: environment,
            streams: .descriptors(stdin.descriptor, stdout.descriptor, stderr.descriptor))
        let status: Int32
        do {
            status = try await child.finish(within: limit)
        } catch is Trouble {
            throw Trouble(
                "\(words.joined(separator: " ")): not done in \(limit); it said: "
                    + stdout.text + stderr.text)
        }
        return Command(status: status, output: stdout.text, errors: stderr.text)
    }

    /// Runs a program that must succeed, and returns its standard output.
    @discardableResult
    public static func output(
        _ words: [String], input: String = "", environment: [String: String] = [:],
        within limit: Duration = .seconds(60)
    ) async throws -> String {
        let done = try await run(words, input: input, environment: environment, within: limit)
        guard done.status == 0 else {
            throw Trouble(
                "\(words.joined(separator: " ")): status \(done.status): \(done.errors)")
        }
        return done.output
    }
}

/// A file without a name, deleted when it is closed.
private final class NamelessFile {
    let descriptor: Int32

    init(_ text: String = "") throws {
        let path = NSTemporaryDirectory() + "/" + UUID().uuidString
        descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Trouble("cannot make \(path)") }
        unlink(path)
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { throw Trouble("cannot fill a temporary file") }
            bytes = bytes.dropFirst(count)
        }
        lseek(descriptor, 0, SEEK_SET)
    }

    var text: String {
        var all: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = pread(descriptor, &part, part.count, off_t(all.count))
            guard count > 0 else { return String(decoding: all, as: UTF8.self) }
            all += part[..<count]
        }
    }

    deinit { close(descriptor) }
}

/// Copies /etc to a new folder. Other tests make users at the same time, whose lock files come and
/// go: then it is copied again.
public func copyEtc(to folder: String) async throws {
    for _ in 0..<50 {
        let done = try await Command.run(["cp", "-a", "/etc", folder])
        if done.status == 0 {
            // A key made by another test belongs to another store.
            try await Command.output(["rm", "-rf", folder + "/swiftotp"])
            return
        }
        guard ["No such file", "replaced while being copied"].contains(where: done.errors.contains)
        else { throw Trouble("cp -a /etc: \(done.errors)") }
        try await Command.output(["rm", "-rf", folder])
    }
    throw Trouble("/etc changes all the time")
}
