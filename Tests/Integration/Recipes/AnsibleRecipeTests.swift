import Foundation
import TestSupport
import Testing

/// docs/RECIPES.md, with the real Ansible.
@Suite("Recipes: Ansible") struct AnsibleRecipeTests {
    /// A folder with the page's inventory, and Ansible kept out of root's home.
    private func folder(_ host: RecipeHost, _ robot: Person, cfg: [String] = []) throws {
        let hosts = try RecipePage.block("Ansible", after: "`hosts` says who")
        for (name, lines) in [("hosts", hosts), ("ansible.cfg", cfg)] {
            let text = host.translated(lines.joined(separator: "\n") + "\n", robot: robot)
            try Data(text.utf8).write(to: URL(fileURLWithPath: "\(host.folder)/\(name)"))
        }
    }

    private func environment(_ host: RecipeHost) -> [String: String] {
        [
            "ANSIBLE_HOME": host.folder + "/.ansible", "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_LOCAL_TEMP": host.folder + "/tmp",
        ]
    }

    private func run(_ host: RecipeHost, _ command: String) async throws -> Command {
        try await host.run(command, environment: environment(host))
    }

    @Test("Ansible cannot connect, or connects as a user who has given no code")
    func connection() async throws {
        let fixture = try await LoginFixture(LoginProgram.sshdByKey())
        let codes = try await fixture.enroll().backupCodes
        let robot = try await RecipeHost.robot()
        let host = try await RecipeHost(fixture, sshd: RecipeHost.sshd(), options: "nullok")
        let master = try RecipePage.block(
            "One code for many connections", after: "`~/.ssh/config`")
        try host.introduce(master)
        try folder(host, robot)

        let ping = try RecipePage.block("Ansible", after: "and then")[0]
        let pong = try await run(host, ping)
        #expect(pong.status == 0 && pong.output.contains("pong"), "\(pong.output)\(pong.errors)")

        let mine = try RecipePage.block("Ansible", after: "types the code once")
        let control = try RecipePage.block("Ansible", after: "Ansible uses it")
        try folder(host, robot, cfg: control)
        let refused = try await run(host, mine[1])
        #expect(refused.output.contains("UNREACHABLE"), "\(refused.output)")
        try await host.type(mine[0], code: codes[0])
        let carried = try await run(host, mine[1])
        #expect(carried.output.contains("pong"), "\(carried.output)")
        _ = try await host.run("ssh -O exit web1")

        // bob has not enrolled, and nothing is asked.
        let bob = Person(try await Account.make("bob"))
        let raw = "ansible -i hosts all -e ansible_user=\(bob.name) -m raw -a 'id -un'"
        try folder(host, robot)
        #expect(try await run(host, raw).output.contains("UNREACHABLE"))
        try folder(host, robot, cfg: RecipePage.block("Ansible", after: "let ssh try"))
        let passed = try await run(host, raw)
        #expect(passed.output.contains("\n\(bob.name)"), "\(passed.output)\(passed.errors)")
    }

    // MARK: become

    /// A server that accepts a key alone, with a changed sudo.
    private func host(
        _ fixture: LoginFixture, change: (Policy) throws -> Void
    ) async throws -> RecipeHost {
        let methods = ["AuthenticationMethods publickey"]
        let host = try await RecipeHost(fixture, sshd: methods, change: change)
        try host.introduce()
        return host
    }

    private func allow(_ person: Person, _ lines: [String] = []) throws {
        let file = "/etc/sudoers.d/\(person.name)"
        let rules = ["\(person.name) ALL=(ALL) ALL", "Defaults:\(person.name) !lecture"] + lines
        try Data((rules + [""]).joined(separator: "\n").utf8)
            .write(to: URL(fileURLWithPath: file + ".new"))
        guard chmod(file + ".new", 0o440) == 0, rename(file + ".new", file) == 0 else {
            throw Trouble("cannot write \(file)")
        }
    }

    private static let becoming = "ansible -i hosts all -b -m raw -a 'id -un'"

    @Test("become is asked for a code for a robot, or not for somebody else")
    func robots() async throws {
        let fixture = try await LoginFixture(LoginProgram.sshdByKey())
        let robot = try await RecipeHost.robot()
        let stranger = Person(try await Account.make("stranger"))
        let lines = try RecipePage.block("Ansible", after: "below `@include common-auth`")
        let host = try await host(fixture) { policy in
            let lines = try fixture.pamLines(lines)
            try policy.add(lines.joined(separator: "\n"), toService: "sudo")
        }
        for person in [robot, stranger] {
            try allow(person)
            try folder(host, person)
            let password = #"'{"ansible_become_pass":"\#(person.password)"}'"#
            let done = try await run(host, "\(Self.becoming) -e \(password)")
            let expected = person.name == robot.name ? "\nroot" : "Incorrect sudo password"
            #expect(done.output.contains(expected), "\(done.output)\(done.errors)")
        }
    }

    @Test("become with password and code in one field is refused, or after the first task")
    func oneField() async throws {
        let fixture = try await LoginFixture(LoginProgram.sshdByKey())
        let code = try await fixture.enroll().backupCodes[0]
        let lines = try RecipePage.block("Ansible", after: "One field for both")
        let host = try await host(fixture) { policy in
            let lines = try fixture.pamLines(lines)
            try policy.replace(withLine: lines.joined(separator: "\n"), passwordOf: "sudo")
        }
        let rules = try RecipePage.block("Ansible", after: "`/etc/sudoers.d/alice`")
        try allow(fixture.person, rules.map { host.translated($0) })
        try folder(host, fixture.person)
        for _ in 1...2 {
            let terminal = try Terminal(
                host.words(Self.becoming + " --ask-become-pass"),
                environment: environment(host))
            try await terminal.expect("BECOME password: ")
            try await terminal.type(fixture.person.password + code)
            #expect(try await terminal.finish() == 0)
            let shown = await terminal.transcript
            #expect(shown.contains("\nroot") && !shown.contains(code), "\(shown)")
        }
        let logged = fixture.log.lines(containing: "pam_swiftotp(sudo:auth)")
            .filter { $0.fields["user"] == fixture.person.name }
        #expect(
            logged.count == 1 && logged[0].text.contains("login granted"), "\(logged)")
    }
}
