import Foundation
import TestSupport
import Testing

/// docs/RECIPES.md: a bastion in a container, made from the Dockerfile and started as the page
/// says.
@Suite("packages: a bastion in a container") struct BastionTests {
    @Test("A key, a store or a host key is in the image, and so the same for everybody")
    func secrets() async throws {
        let image = try await ContainerImage.shared()
        #expect(image.secrets == [])
        let options = try PodmanRun()
        #expect(options.port == "22:\(image.port)")
        #expect(options.isReadOnly && options.hasNoNewPrivileges)
    }

    @Test("A code logs in twice: at once, after a restart, or after reset and a restart")
    func burnt() async throws {
        let phone = try Bastion.token()
        let bastion = try await Bastion(alice: phone)
        try await phone.settle(for: 20)
        let code = try await phone.code()

        let first = try await bastion.serve()
        #expect(try await bastion.login(code: code, on: first, logged: "login granted"))
        #expect(try await !bastion.login(code: code, on: first, logged: "authentication failure"))
        #expect(try await first.stop() == 0)

        let second = try await bastion.serve()
        #expect(try await !bastion.login(code: code, on: second, logged: "authentication failure"))
        try await second.output("otp-enroll", "reset", "alice", "--yes")
        #expect(try await second.stop() == 0)

        let third = try await bastion.serve()
        #expect(try await !bastion.login(code: code, on: third, logged: "authentication failure"))
        let fresh = try await phone.code(steps: 1)
        #expect(try await bastion.login(code: fresh, on: third, logged: "login granted"))
        // What the module has started ends with the login, even with sshd as PID 1.
        let dead = try await third.output(
            "sh", "-c", "grep -l '^State:.*Z' /proc/[0-9]*/status || true")
        #expect(dead == "")
        for container in [first, second, third] {
            let log = await container.terminal.transcript
            #expect(!log.contains(phone.secret) && !log.contains(code), "\(log)")
            #expect(!log.contains("ackup code"), "\(log)")
        }
    }

    @Test("A user who is not listed or not enrolled gets in, or one added later does not")
    func users() async throws {
        let phone = try Bastion.token()
        let bastion = try await Bastion(alice: try Bastion.token())
        let container = try await bastion.serve()
        try bastion.admit("carol", phone)
        try bastion.admit("dave")
        #expect(try await bastion.refusal("carol", on: container).contains("(publickey)"))

        try bastion.write(["# the new ones", "", "alice 2001", "carol 2003", "dave 2004"])
        let done = try await container.run([bastion.image.entrypoint, "users"])
        #expect(done.status == 0 && done.output + done.errors == "", "\(done)")
        let code = try await phone.code()
        #expect(try await bastion.login("carol", code: code, on: container, logged: "granted"))
        let isIn = try await bastion.login(
            "dave", code: "123456", on: container, logged: "reason=no-record")
        #expect(!isIn)
        #expect(try await bastion.refusal("root", on: container).contains("(publickey)"))
    }

    @Test("Trouble with one user keeps the others out, or is not reported")
    func wrongUsers() async throws {
        let phone = try Bastion.token()
        let bastion = try await Bastion(alice: phone)
        let lines = ["root 0", "backup 2002", "Bob 2003", "carol", "dave 2004", "erin 2005"]
        try bastion.write(lines + ["alice 2001"])
        try bastion.admit("dave")
        try bastion.scratch.write("no key\n", to: "users/dave.totp")
        let container = try await bastion.serve()
        let log = await container.terminal.transcript
        for line in lines.prefix(4) {
            #expect(log.contains("not a user and a number from 1000 on: \(line)"), "\(log)")
        }
        #expect(log.contains("dave is not enrolled by dave.totp"), "\(log)")
        #expect(log.contains("erin has no key"), "\(log)")
        #expect(try await bastion.login(code: phone.code(), on: container, logged: "granted"))
    }

    /// What is missing when a bastion starts.
    enum Loss: String, CaseIterable, CustomTestStringConvertible {
        case store, key, both, hostKey, otherKey, groupMayWrite, otherOwner

        var testDescription: String { rawValue }
        /// The log's words for it.
        var words: String {
            switch self {
            case .store: "its marker is missing, so this is not the store"
            case .key, .both: "no /etc/swiftotp/seal.key: mount its volume"
            case .hostKey: "no /etc/ssh/keys/ssh_host_ed25519_key: mount its volume"
            case .otherKey: "it was made for another seal key"
            case .groupMayWrite: "a folder on the way can be written to by others"
            case .otherOwner: "a folder on the way belongs to another user"
            }
        }
        var missing: [String] {
            switch self {
            case .store: [Bastion.store]
            case .key: [Bastion.key]
            case .both: [Bastion.store, Bastion.key]
            case .hostKey: [Bastion.host]
            case .otherKey, .groupMayWrite, .otherOwner: []
            }
        }
    }

    @Test("A bastion starts without its own store, or makes one", arguments: Loss.allCases)
    func loss(loss: Loss) async throws {
        let bastion = try await Bastion(alice: try Bastion.token())
        let other = try await Bastion(alice: try Bastion.token())
        var volumes = bastion.volumes(without: loss.missing)
        switch loss {
        case .otherKey: volumes[Bastion.key] = other.folder(Bastion.key)
        case .groupMayWrite: chmod(bastion.folder(Bastion.store), 0o2770)
        case .otherOwner: chown(bastion.folder(Bastion.store), 65534, 65534)
        default: break
        }
        let before = try await Self.listing(bastion)
        let container = try bastion.start(volumes: volumes)
        #expect(try await container.finish() == 1)
        let log = await container.terminal.transcript
        #expect(log.contains(loss.words), "\(log)")
        #expect(!log.contains("Server listening"), "\(log)")
        #expect(try await Self.listing(bastion) == before)
        withExtendedLifetime(other) {}
    }

    @Test("A store or key that disappears while it runs lets somebody in, or is not named")
    func lossLater() async throws {
        let phone = try Bastion.token()
        let bastion = try await Bastion(alice: phone)
        let container = try await bastion.serve()
        let words = "cannot check; reason=store"
        for (path, trouble) in [
            ("/var/lib/swiftotp", "its marker is missing"), ("/etc/swiftotp", "no store was made"),
        ] {
            try await container.change("umount", "--lazy", path)
            let code = try await phone.code()
            #expect(try await !bastion.login(code: code, on: container, logged: words))
            try await container.terminal.expect(trouble)
        }
    }

    @Test("doctor reports trouble with the bastion, or not that nobody listens in it")
    func doctor() async throws {
        let bastion = try await Bastion(alice: try Bastion.token())
        try bastion.write(["alice 2001"])
        let container = try await bastion.serve()
        let done = try await container.run(["otp-enroll", "doctor", "--json"])
        struct Report: Decodable {
            struct Check: Decodable { let check: String, state: String }
            struct Finding: Decodable { let check: String, text: String }
            let lookedAt: [Check], findings: [Finding]
        }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let report = try decoder.decode(Report.self, from: Data(done.output.utf8))
        let states = Dictionary(
            report.lookedAt.map { ($0.check, $0.state) }, uniquingKeysWith: { first, _ in first })
        // The store is in memory here, and the clock is the machine's.
        for check in ["stack", "modules", "options", "files", "people", "log"] {
            #expect(states[check] == "ok", "\(check): \(done.output)")
        }
        // From OpenSSH 9.8 on there is one note.
        let ssh = report.findings.filter {
            $0.check == "sshd" && !$0.text.contains("(PerSourcePenalties)")
        }
        #expect(states["sshd"] != nil && ssh.isEmpty, "\(done.output)")
        #expect(states["service"] == "note", "\(done.output)")
    }

    /// Everything in the volumes, with its owner.
    private static func listing(_ bastion: Bastion) async throws -> String {
        let folders = bastion.volumes().values.sorted()
        return try await Command.output(["find"] + folders + ["-printf", "%M %U %p\n"])
    }
}
