import Foundation
import TestSupport

/// web1 of the recipes: an sshd set up as the page says, and a client that knows it by name.
///
/// Users log in as root's ssh in the ground, with the server's one key for all.
struct RecipeHost: Sendable {
    let fixture: LoginFixture
    let server: SSHServer
    /// The name by which ssh, and everything that runs it, finds the server.
    let name: String
    /// Where commands are typed, in place of alice's home.
    let folder: String

    /// `lines` are those of sshd's drop-in, the module's line replaces the password, and `change`
    /// may change other PAM services.
    init(
        _ fixture: LoginFixture, sshd lines: [String], options: String = "",
        change: (Policy) throws -> Void = { _ in }
    ) async throws {
        self.fixture = fixture
        try await Account.group("robots")
        let policy = try fixture.program.policy(try fixture.module(options))
        try change(policy)
        let key = "AuthenticationMethods "
        guard let methods = lines.first(where: { $0.hasPrefix(key) }) else {
            throw Trouble("no \(key)in \(lines)")
        }
        server = try await SSHServer(
            methods: String(methods.dropFirst(key.count)), policy: policy,
            settings: lines.filter { $0 != methods })
        name = "web-\(UUID().uuidString.prefix(8).lowercased())"
        folder = try fixture.scratch.folder("home-\(name)")
    }

    /// The page's drop-in for sshd.
    static func sshd() throws -> [String] {
        try RecipePage.block("Scripts over ssh", after: "`/etc/ssh/sshd_config.d/")
    }

    /// A member of the group that logs in with a key alone.
    static func robot() async throws -> Person {
        try await Account.group("robots")
        return Person(try await Account.make("robot", groups: ["robots"]))
    }

    // MARK: The client

    /// Makes every ssh in the ground find the server, with these lines of the page in
    /// `~/.ssh/config`.
    func introduce(_ lines: [String] = [], user: Person? = nil) throws {
        let own = """
            Host \(name)
                HostName 127.0.0.1
                Port \(server.port)
                User \((user ?? fixture.person).name)
                IdentityFile \(server.userKey)
                IdentitiesOnly yes
                UserKnownHostsFile \(server.knownHosts)
                NumberOfPasswordPrompts 1

            """
        let text = own + translated(lines.joined(separator: "\n")) + "\n"
        let file = "/etc/ssh/ssh_config.d/\(name).conf"
        // Others read the folder in the meantime, but only files with the right ending.
        try Data(text.utf8).write(to: URL(fileURLWithPath: file + ".new"))
        guard rename(file + ".new", file) == 0 else { throw Trouble("cannot write \(file)") }
    }

    /// The page's text with the names and paths of this test.
    func translated(_ text: String, robot: Person? = nil) -> String {
        var text = text.replacing("web1", with: name).replacing("~/.ssh/", with: folder + "/")
            .replacing("alice", with: fixture.person.name)
        if let robot {
            text = text.replacing("robot@", with: robot.name + "@")
                .replacing("=robot", with: "=" + robot.name)
        }
        return text
    }

    /// The words that type a command of the page.
    func words(_ command: String, robot: Person? = nil) -> [String] {
        ["env", "-C", folder, "sh", "-c", translated(command, robot: robot)]
    }

    /// Types a command without a terminal, like cron.
    func run(
        _ command: String, robot: Person? = nil, environment: [String: String] = [:]
    ) async throws -> Command {
        try await Command.run(words(command, robot: robot), environment: environment)
    }

    /// Types a command on a terminal, and gives the code if it is asked for; returns everything
    /// shown.
    @discardableResult
    func type(_ command: String, code: String) async throws -> String {
        let terminal = try Terminal(words(command))
        try await terminal.expect(LoginFixture.Words.prompt)
        try await terminal.type(code)
        let status = try await terminal.finish()
        let shown = await terminal.transcript
        guard status == 0 else { throw Trouble("\(command): \(status)\n\(shown)") }
        return shown
    }
}

extension LoginFixture {
    /// The page's PAM lines, with the built module and this store.
    func pamLines(_ lines: [String]) throws -> [String] {
        let module = try module()
        return lines.map { $0.replacing("pam_swiftotp.so", with: module) }
    }
}
