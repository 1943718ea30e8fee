import Foundation
import TestSupport

/// The project's own files, and the packages made of them.
enum Project {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../..").standardizedFileURL
    /// Where `make deb` and `make rpm` put what they make.
    static let packages = folder.appendingPathComponent(".build/packages")
    /// The clean tree that both are built in.
    static let tree = packages.appendingPathComponent("swiftotp")

    /// The text of one of its files.
    static func text(_ name: String) throws -> String {
        try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
    }

    /// The version, as the Makefile has it.
    static func version() throws -> String {
        guard let line = try text("Makefile").firstMatch(of: #/(?m)^VERSION = (.+)$/#) else {
            throw Trouble("no VERSION in the Makefile")
        }
        return String(line.1)
    }

    /// The path of a package, which has to be newer than what it is made of.
    static func package(_ name: String) async throws -> String {
        let path = packages.appendingPathComponent(name).path
        let remedy = "run `make \(name.hasSuffix(".deb") ? "deb" : "rpm")`"
        guard access(path, R_OK) == 0 else { throw Trouble("no \(path): \(remedy)") }
        let sources = ["packaging", "Sources", "Makefile", "Package.swift", "LICENSE", "README.md"]
            .map { folder.appendingPathComponent($0).path }
        let newer = try await Command.output(
            ["find"] + sources + ["-type", "f", "-newer", path, "-print", "-quit"])
        guard newer.isEmpty else { throw Trouble("\(newer) is newer than \(name): \(remedy)") }
        return path
    }
}

/// What lies below a folder: mode, kind and path of everything, sorted.
///
/// `-rw-r--r-- /etc/security/swiftotp.conf`; folders too, if asked for.
func listing(_ folder: String, folders: Bool = false) async throws -> [String] {
    let kinds = folders ? [] : ["!", "-type", "d"]
    let words = ["find", folder, "-mindepth", "1"] + kinds + ["-printf", "%M /%P\n"]
    return try await Command.output(words).split(separator: "\n").map(String.init)
        .sorted { $0.drop { $0 != "/" } < $1.drop { $0 != "/" } }
}
