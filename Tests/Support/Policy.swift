import Foundation

/// The machine's PAM services with some of them changed, for one program at a time.
///
/// A program finds these services in /etc/pam.d, as always, but in its own mount namespace: so the
/// same real program can run under several policies at once.
public final class Policy: Sendable {
    private let folder: String
    private let scratch: Scratch

    /// Copies /etc/pam.d.
    public init() throws {
        try Build.requireGround()
        scratch = try Scratch()
        folder = scratch.file("pam.d")
        try FileManager.default.copyItem(atPath: "/etc/pam.d", toPath: folder)
    }

    /// Adds a line after the password (`@include common-auth`) of a service, as an admin would: in
    /// the file that the service's own file includes, if the password is there.
    public func add(_ line: String, toService name: String) throws {
        try change(name) { [$0, line] }
    }

    /// Adds a line before the password of a service.
    public func put(_ line: String, beforePasswordOf name: String) throws {
        try change(name) { [line, $0] }
    }

    /// Replaces the password of a service by a line.
    public func replace(withLine line: String, passwordOf name: String) throws {
        try change(name) { _ in [line] }
    }

    /// Writes a whole service.
    public func write(_ lines: [String], service name: String) throws {
        let text = lines.joined(separator: "\n") + "\n"
        try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
    }

    private func change(_ name: String, _ edit: (String) -> [String]) throws {
        let text = try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard let place = lines.firstIndex(where: { $0.hasPrefix("@include common-auth") }) else {
            guard let other = text.firstMatch(of: #/(?m)^auth\s+include\s+(\S+)/#) else {
                throw Trouble("/etc/pam.d/\(name) does not include common-auth")
            }
            return try change(String(other.1), edit)
        }
        let changed = lines[..<place] + edit(lines[place]) + lines[(place + 1)...]
        try write(Array(changed), service: name)
    }

    /// The words that run a program under this policy, starting as root.
    public func running(_ words: [String]) -> [String] {
        let script = #"mount --bind "$0" /etc/pam.d && exec "$@""#
        return ["unshare", "--mount", "sh", "-c", script, folder] + words
    }
}
