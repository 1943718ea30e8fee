import Foundation
import TestSupport
import Testing

/// Proposals for a mistyped command, user or authenticator.
@Suite("Proposals at the command line")
struct ProposalTests {
    let desk: Desk

    init() throws { desk = try Desk() }

    private func hints(_ arguments: [String], status: Int32 = 1) async throws -> [String] {
        let done = try await Command.run(desk.words(arguments))
        #expect(done.status == status && done.output.isEmpty, "\(done.output)\(done.errors)")
        return done.errors.split(separator: "\n").filter { $0.hasPrefix("hint: ") }
            .map { String($0.dropFirst("hint: ".count)) }
    }

    @Test(
        "A mistyped command is taken as a user, and nothing else is said",
        arguments: [
            ("staus", "status"), ("lsit", "list"), ("verfiy", "verify"), ("stat", "status"),
        ])
    func commands(typed: String, meant: String) async throws {
        let proposal = "did you mean `otp-enroll \(meant)`?"
        #expect(try await hints([typed]).first == proposal)
        #expect(try await hints(["--json", typed], status: 64).first == proposal)
        // With more behind it, it is wrong usage.
        #expect(try await hints([typed, "root"], status: 64).first == proposal)
    }

    @Test("A command is proposed for a valid command, a user's name, or an unrelated word")
    func noCommands() async throws {
        let account = try await Account.make("user")
        for words in [["status", "nobodyelse"], ["staus-of-nothing"], ["add", "staus"]] {
            #expect(try await !hints(words).contains { $0.contains("`otp-enroll s") }, "\(words)")
        }
        #expect(try await hints([account.name, "root"], status: 64).isEmpty)
    }

    @Test("A mistyped user gets no proposal, or a system account is proposed")
    func users() async throws {
        let account = try await Account.make("walter")
        let typed = account.name.replacing("walter", with: "wlater")
        let proposal = "did you mean \(account.name)?"
        for command in ["status", "codes", "issue", "reset", "unlock"] {
            #expect(try await hints([command, typed]) == [proposal])
        }
        #expect(try await hints(["doctor", "--user", typed]) == [proposal])
        // Nobody logs in as one of these.
        #expect(try await !hints(["status", "daemom"]).contains { $0.contains("daemon") })
        #expect(try await hints(["status", "rooot"]) == ["did you mean root?"])
    }

    @Test("A mistyped authenticator or group gets no proposal")
    func names() async throws {
        try await desk.enroll()
        try await desk.enroll("--name", "tablet")
        #expect(try await hints(["remove", "tabelt"]) == ["did you mean tablet?"])
        #expect(try await hints(["remove", "root", "phon"]) == ["did you mean phone?"])
        #expect(try await hints(["resync", "--name", "Phone"]) == ["did you mean phone?"])
        #expect(try await hints(["remove", "watch"]) == ["`otp-enroll status root` lists them"])
        #expect(try await hints(["list", "--group", "nogruop"]) == ["did you mean nogroup?"])
    }

    @Test("An unprivileged user gets no proposal, or one that is not in public files")
    func others() async throws {
        try await Command.output(
            ["install", "-d", "-m", "700", "-o", "games", "-g", "games", desk.store])
        let account = try await Account.make("ottilie")
        let typed = account.name.replacing("ottilie", with: "otitlie")
        let done = try await Command.run(withoutRoot(desk.words(["status", typed])))
        #expect(done.status == 1)
        #expect(done.errors.hasSuffix("\nhint: did you mean \(account.name)?\n"), "\(done.errors)")
    }
}
