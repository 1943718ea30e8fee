import Foundation
import TestSupport

// The packages built from the project.
extension Project {
    /// The output folder of `make deb` and `make rpm`.
    static let packages = folder.appendingPathComponent(".build/packages")
    /// The clean tree that both are built in.
    static let tree = packages.appendingPathComponent("swiftotp")

    /// The version, from its one place.
    static func version() throws -> String {
        let file = "Sources/OTPWire/Version.swift"
        guard let line = try text(file).firstMatch(of: #/ number = "(\d+\.\d+\.\d+)"\n/#) else {
            throw Trouble("no version in \(file)")
        }
        return String(line.1)
    }

    /// The path of a package, which must be newer than its sources.
    static func package(_ name: String) async throws -> String {
        let path = packages.appendingPathComponent(name).path
        let isFleets = ["swiftotp-server", "swiftotp-agent"].contains { name.hasPrefix($0) }
        let remedy =
            "run `make \(isFleets ? "fleet-" : "")\(name.hasSuffix(".deb") ? "deb" : "rpm")`"
        var sources = ["packaging", "Sources", "Makefile", "Package.swift", "LICENSE", "README.md"]
        if isFleets { sources += ["Fleet/Package.swift", "Fleet/Sources", "docs/FLEET.md"] }
        try await require(path, newerThan: sources, remedy: remedy)
        return path
    }

    /// A program as in the packages, before stripping.
    static func program(_ name: String) async throws -> String {
        let path = tree.appendingPathComponent(".build/release/\(name)").path
        // Unchanged programs are not linked again: the packages show whether they are current.
        let rpm = "swiftotp-\(try version())-1.\(Machine.processor).rpm"
        let packed = packages.appendingPathComponent(rpm).path
        try await require(
            packed, newerThan: ["Sources", "Package.swift"], remedy: "run `make rpm`")
        return path
    }

    /// The folder for packaged units: that of the installed systemd.
    static func unitFolder() async throws -> String {
        let said = try await Command.output(["dpkg", "-S", "*/systemd/system/basic.target"])
        guard let path = said.firstMatch(of: #/systemd: (.+)/basic.target/#) else {
            throw Trouble("systemd has no units: \(said)")
        }
        return String(path.1)
    }

    private static func require(
        _ path: String, newerThan sources: [String], remedy: String
    ) async throws {
        guard access(path, R_OK) == 0 else { throw Trouble("no \(path): \(remedy)") }
        let newer = try await Command.output(
            ["find"] + sources.map { folder.appendingPathComponent($0).path }
                + ["-type", "f", "-newer", path, "-print", "-quit"])
        guard newer.isEmpty else { throw Trouble("\(newer) is newer than \(path): \(remedy)") }
    }
}

/// Everything below a folder: mode, kind and path, sorted.
///
/// `-rw-r--r-- /etc/security/swiftotp.conf`; folders too, if asked for.
func listing(_ folder: String, folders: Bool = false) async throws -> [String] {
    let kinds = folders ? [] : ["!", "-type", "d"]
    let words = ["find", folder, "-mindepth", "1"] + kinds + ["-printf", "%M /%P\n"]
    return try await Command.output(words).split(separator: "\n").map(String.init)
        .sorted { $0.drop { $0 != "/" } < $1.drop { $0 != "/" } }
}

extension PrivateRoot {
    /// Installs the Debian packages, like an admin who has downloaded them.
    func installPackages() async throws {
        try await install(["libpam-swiftotp", "otp-enroll"])
    }

    /// Installs those of a fleet beside them.
    func installFleetPackages() async throws {
        try await install(["swiftotp-server", "swiftotp-agent"])
    }

    private func install(_ names: [String]) async throws {
        let version = try Project.version()
        let architecture = try await output("dpkg", "--print-architecture")
            .trimmingCharacters(in: .newlines)
        var files: [String] = []
        for name in names {
            let package = try await Project.package("\(name)_\(version)_\(architecture).deb")
            files.append(try bring(package))
        }
        try await output("dpkg", "-i", files[0], files[1])
    }

    /// Installs or upgrades to RPMs, on a Debian whose dpkg has everything they need.
    func installRPMs(_ words: String...) async throws {
        // Debian 12's rpm requires an option for this; that of Debian 13 does not know it.
        let asked = try await run("rpm", "--force-debian", "--version")
        let meant = asked.status == 0 ? ["--force-debian"] : []
        try await Command.output(
            running(["rpm", "--nodeps"] + meant + words), within: .seconds(180))
    }
}
