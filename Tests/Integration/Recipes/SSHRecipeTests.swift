import Foundation
import TestSupport
import Testing

/// The recipes of docs/RECIPES.md for ssh itself.
@Suite("Recipes: ssh") struct SSHRecipeTests {
    private static let id = "id -un"
    private static let denied = "Permission denied (keyboard-interactive)"

    /// What lets a login pass without a code, and for whom.
    enum Pass: String, CaseIterable {
        case group = "exempt_group = robots"
        case networks = "exempt_networks = 10.0.0.0/8"
        case securityKey = "trust = sk"
        case notEnrolled = "nullok"

        var options: String {
            rawValue.replacing(" ", with: "").replacing("10.0.0.0/8", with: "127.0.0.0/8")
        }
        /// The lines that the page gives for sshd; empty if none would help.
        func sshdLines() throws -> [String] {
            if self == .notEnrolled { return [] }
            return try RecipePage.sshdLines(for: rawValue).map { line in
                line == "Match Group"
                    ? "Match Group robots" : line.replacing("10.0.0.0/8", with: "127.0.0.0/8")
            }
        }
    }

    @Test(
        "BatchMode logs in without sshd's lines, or not with them; else a code is asked for",
        arguments: Pass.allCases)
    func batch(pass: Pass) async throws {
        let fixture = try await LoginFixture(LoginProgram.sshdByKey())
        let robot = try await RecipeHost.robot()
        let methods = ["AuthenticationMethods publickey,keyboard-interactive:pam"]
        let lines = try pass.sshdLines()
        let key = try await pass == .securityKey ? SecurityKey("sk", in: fixture.scratch) : nil
        for isComplete in lines.isEmpty ? [false] : [false, true] {
            let host = try await RecipeHost(
                fixture, sshd: methods + (isComplete ? lines : []), options: pass.options)
            try host.introduce(user: robot)
            var command = "ssh"
            if let key {
                let text = try String(contentsOfFile: key.file + ".pub", encoding: .utf8)
                try Data(text.utf8).write(to: URL(fileURLWithPath: host.server.userKey + ".pub"))
                command += " -i \(key.file).pub " + key.options.joined(separator: " ")
            }
            let batch = try await host.run("\(command) -o BatchMode=yes web1 \(Self.id)")
            #expect((batch.output == robot.name + "\n") == isComplete, "\(batch.errors)")
            if !isComplete { #expect(batch.errors.contains(Self.denied), "\(batch.errors)") }
            let other = try await host.run("\(command) web1 \(Self.id)")
            #expect(other.output == robot.name + "\n", "\(other.errors)")
        }
    }

    @Test(
        "A robot's rsync, git, scp or sftp is refused, or a person's is let in without a code")
    func programs() async throws {
        let fixture = try await LoginFixture(LoginProgram.sshdByKey())
        let codes = try await fixture.enroll().backupCodes
        let robot = try await RecipeHost.robot()
        let host = try await RecipeHost(
            fixture, sshd: ["Subsystem sftp internal-sftp"] + RecipeHost.sshd())
        try host.introduce()
        try FileManager.default.createDirectory(
            atPath: host.folder + "/data", withIntermediateDirectories: false)
        for (name, text) in [("data/file", "what is copied"), ("commands", "ls\n")] {
            try Data(text.utf8).write(to: URL(fileURLWithPath: "\(host.folder)/\(name)"))
        }
        let home = "/home/\(robot.name)"
        try await Command.output(
            ["setpriv", "--reuid", robot.name, "--regid", robot.name, "--clear-groups"]
                + ["git", "init", "-q", "--bare", home + "/repository.git"])

        let commands = try RecipePage.block("rsync, git, scp and sftp", after: "asked nothing")
        #expect(commands.count == 4)
        for command in commands {
            let done = try await host.run(command, robot: robot)
            #expect(done.status == 0, "\(command): \(done.errors)")
        }
        for copy in ["data/file", "copy"] {
            #expect(
                try String(contentsOfFile: "\(home)/\(copy)", encoding: .utf8) == "what is copied")
        }
        #expect(fixture.logged(robot.name).isEmpty)

        let mine = try RecipePage.block("rsync, git, scp and sftp", after: "at a terminal")
        let refused = try await host.run(mine[0])
        #expect(refused.errors.contains(Self.denied), "\(refused.errors)")
        try await fixture.expectLine("authentication failure", ["reason": "empty"], after: 0)
        try await host.type(mine[0], code: codes[0])
        #expect(access("/home/\(fixture.person.name)/data/file", F_OK) == 0)
    }

    @Test("A connection opened with a code does not serve others, or outlives its end")
    func oneCode() async throws {
        let fixture = try await LoginFixture(LoginProgram.sshdByKey())
        let codes = try await fixture.enroll().backupCodes
        let host = try await RecipeHost(fixture, sshd: RecipeHost.sshd())
        let section = "One code for many connections"
        try host.introduce(try RecipePage.block(section, after: "`~/.ssh/config`"))
        let commands = try RecipePage.block(section, after: "Before and after a job")
        try await host.type(commands[0], code: codes[0])
        try await fixture.expectLine("login granted", ["factor": "backup-code"], after: 0)
        let batch = "ssh -o BatchMode=yes web1 \(Self.id)"
        let second = try await host.run(batch)
        #expect(second.output == fixture.person.name + "\n", "\(second.errors)")
        let end = try await host.run(commands[1])
        #expect(end.status == 0, "\(end.errors)")
        let last = try await host.run(batch)
        #expect(last.errors.contains(Self.denied), "\(last.errors)")
        #expect(fixture.logged(fixture.person.name).count == 1)
    }

    @Test("Through a bastion, a code is asked for twice in eight hours, or not at all")
    func bastion() async throws {
        let fixture = try await LoginFixture(LoginProgram.sshdByKey())
        let codes = try await fixture.enroll().backupCodes
        let robot = try await RecipeHost.robot()
        let outer = try await RecipeHost(fixture, sshd: RecipeHost.sshd())
        let inner = try await RecipeHost(fixture, sshd: RecipeHost.sshd())
        let lines = try RecipePage.block("A bastion", after: "`~/.ssh/config`")
            .map { $0.replacing("bastion", with: outer.name) }
        try outer.introduce()
        try inner.introduce(lines, user: robot)
        let shown = try await inner.type("ssh web1 \(Self.id)", code: codes[0])
        #expect(shown.contains("\n\(robot.name)\n"), "\(shown)")
        let again = try await inner.run("ssh -o BatchMode=yes web1 \(Self.id)")
        #expect(again.output == robot.name + "\n", "\(again.errors)")
        // web1 asks users as well.
        let person = try await inner.type("ssh alice@web1 \(Self.id)", code: codes[1])
        #expect(person.contains("\n\(fixture.person.name)\n"), "\(person)")
        _ = try await inner.run("ssh -O exit \(outer.name)")
    }
}
