import Foundation
import Glibc

/// Folders of this run, removed at its end.
enum Scratch {
    /// The folder that everything is in; whoever runs PostgreSQL may go into it.
    static let folder: String = {
        let base = ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp"
        let path = "\(base)/fleet-\(getpid())"
        try? FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o755])
        atexit { try? FileManager.default.removeItem(atPath: Scratch.folder) }
        return path
    }()

    /// A new path in it.
    static func path(_ name: String) -> String {
        "\(folder)/\(name)-\(UInt32.random(in: 0 ... .max))"
    }
}

/// Ports that are free now.
enum Port {
    static func free() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) | getsockname(descriptor, $0, &length)
            }
        }
        guard result == 0 else { throw Trouble("no free port: \(errno)") }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}

/// Programs that are run to their end.
enum Tool {
    /// Runs a program and returns what it prints; throws where it fails.
    @discardableResult
    static func run(_ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let bytes = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let text = String(decoding: bytes, as: UTF8.self)
        guard process.terminationStatus == 0 else {
            throw Trouble("\(arguments.joined(separator: " ")): \(text)")
        }
        return text
    }

    /// What makes a program run as an ordinary user: PostgreSQL refuses root.
    static let asNobody = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]

    static let postgres = "/usr/lib/postgresql/15/bin"
}
