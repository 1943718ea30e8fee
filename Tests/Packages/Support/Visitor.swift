import Foundation
import TestSupport
import Testing

/// A user who logs in to a private root with a password, and with a code if one is asked for.
struct Visitor: Sendable {
    enum Way: CaseIterable { case su, ssh }
    /// The result of a login: let in at once, after a code, or not at all.
    enum Result { case admitted, admittedWithCode, refused }

    let root: PrivateRoot
    let name: String
    let password = "first factor"
    private let server: Server

    /// Makes the user, and starts an sshd inside.
    init(_ name: String, in root: PrivateRoot, server: Server) async throws {
        (self.root, self.name, self.server) = (root, name, server)
        try await root.user(name, password: password)
    }

    private static let proof = "echo inside:$(id -un)."
    private static let question = "Verification code"

    /// The possible ends of a login, success first.
    private var ends: [String] {
        ["inside:\(name).", "uthentication failure", "ermission denied"]
    }

    /// su, run by an ordinary user.
    private var su: [String] {
        let nobody = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
        return root.running(nobody + ["su", name, "-c", Self.proof])
    }

    /// Logs in by su or ssh. Both include common-auth.
    func login(_ way: Way, code: String = "none") async throws -> Result {
        let terminal = try Terminal(way == .su ? su : server.client(name) + [Self.proof])
        try await terminal.expect("assword")
        try await terminal.type(password)
        var met = try await terminal.expectAny(ends + [Self.question])
        let asked = met == 3
        if asked {
            try await terminal.type(code)
            met = try await terminal.expectAny(ends)
        }
        return met > 0 ? .refused : asked ? .admittedWithCode : .admitted
    }

    /// Logs in by su where the code is asked for before the password.
    func codeFirst(_ code: String, then password: String) async throws -> Result {
        let terminal = try Terminal(su)
        try await terminal.expect(Self.question)
        try await terminal.type(code)
        try await terminal.expect("assword")
        try await terminal.type(password)
        return try await terminal.expectAny(ends) > 0 ? .refused : .admittedWithCode
    }

    /// Logs in every way, and expects the password to be enough.
    func expectPasswordAlone(
        _ when: Comment, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        for way in Way.allCases {
            let result = try await login(way)
            #expect(result == .admitted, when, sourceLocation: sourceLocation)
        }
    }
}

/// The sshd of a private root, with Debian's own PAM service.
final class Server: Sendable {
    private let port: UInt16
    private let known: String
    private let sshd: Terminal

    init(in root: PrivateRoot) async throws {
        port = try Port.free()
        known = root.file("/srv/known_hosts")
        try await root.output(
            "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "/srv/host_key")
        let key = try root.text("/srv/host_key.pub")
        try Data("[127.0.0.1]:\(port) \(key)".utf8).write(to: URL(fileURLWithPath: known))
        let settings =
            [
                "ListenAddress 127.0.0.1:\(port)", "PidFile none", "UsePAM yes",
                "AuthenticationMethods keyboard-interactive:pam",
                "KbdInteractiveAuthentication yes", "PasswordAuthentication no",
            ] + (try await SSHServer.forManyCallers())
        sshd = try Terminal(
            root.running(
                ["/usr/sbin/sshd", "-D", "-e", "-f", "/dev/null", "-h", "/srv/host_key"]
                    + settings.flatMap { ["-o", $0] }))
        let port = port, child = sshd.child
        let isUp = try await patiently("sshd to listen") { () -> Bool? in
            if child.status != nil { return false }
            return try Port.answers(port) ? true : nil
        }
        if !isUp { throw Trouble("sshd did not start: \(await sshd.transcript)") }
    }

    /// The words of a client that logs in there.
    func client(_ user: String) -> [String] {
        [
            "ssh", "-F", "none", "-o", "UserKnownHostsFile=\(known)",
            "-o", "GlobalKnownHostsFile=/dev/null", "-o", "StrictHostKeyChecking=yes",
            "-o", "NumberOfPasswordPrompts=1", "-o", "PubkeyAuthentication=no",
            "-o", "PreferredAuthentications=keyboard-interactive",
            "-p", String(port), "-l", user, "127.0.0.1",
        ]
    }

    deinit { sshd.child.signal(SIGTERM) }
}
