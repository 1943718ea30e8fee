import Foundation
import TestSupport
import Testing

/// A program that is not root, beyond its return codes (docs/RESULTS.md).
@Suite("In a program that is not root")
struct ForeignHostTests {
    private static let unavailable =
        "The code cannot be checked right now. Please tell your administrator."

    @Test("the very answer that somebody else is not believed for lets in where it is root's")
    func believed() async throws {
        let host = try await ForeignHost(.fake(.asks(ReturnCodes.asks, then: "0002 49 00")))
        try await host.expect("123456", "PAM_SUCCESS")
        let door = try await ForeignHost(.fake(.sends(ReturnCodes.no)), "nullok")
        let result = try await door.stack.login(door.account.name, [], around: door.around)
        #expect(result.name == Stack.ignored)
    }

    @Test(
        "a service that is silent, that drips, or that nobody can reach is waited for 20 s at most",
        arguments: [
            .silent, .stops(ReturnCodes.welcome), .drips(ReturnCodes.welcome + "7fff"), .full,
        ] as [FakeService.Manner])
    func bounded(_ manner: FakeService.Manner) async throws {
        let host = try await ForeignHost(.fake(manner))
        let begin = ContinuousClock.now
        let result = try await host.stack.login(host.account.name, [], around: host.around)
        // With what a busy machine takes to start it and to end it.
        #expect(ContinuousClock.now - begin < .seconds(50))
        #expect(result.name == "PAM_AUTHINFO_UNAVAIL")
        #expect(result.said == [Self.unavailable])
    }

    @Test(
        "forward_pass: the password does not go to the next module whole, and the code not without it"
    )
    func forwards() async throws {
        let host = try await ForeignHost(.service(), "forward_pass")
        let seen = try host.enrolled.scratch.folder("seen", mode: 0o777) + "/password"
        let look = try host.enrolled.scratch.write(
            "exec cat > \(seen)\n", to: "look", mode: 0o644)
        let file = "pam.d/\(host.stack.service)"
        let lines = try String(contentsOfFile: host.enrolled.scratch.file(file), encoding: .utf8)
            .split(separator: "\n")
        let own = try #require(lines.first).split(separator: "]")
        let behind = "auth optional pam_exec.so quiet expose_authtok /bin/sh \(look)"
        try host.enrolled.scratch.write(
            "auth required \(try #require(own.last))\n\(behind)\n", to: file, mode: 0o644)
        for (code, name) in [
            (try await host.enrolled.wrongCode(), "PAM_AUTH_ERR"),
            (try await host.enrolled.phone.code(), "PAM_SUCCESS"),
            (host.enrolled.backupCodes[0], "PAM_SUCCESS"),
        ] {
            let password = "first fäctor \(name)"
            let result = try await host.stack.login(
                host.account.name, [password + code], around: host.around)
            #expect(result.name == name && result.prompts == 1)
            #expect(result.messages.first?.style == "echo_off")
            let given = try String(contentsOfFile: seen, encoding: .utf8)
            #expect(given.trimmingCharacters(in: ["\0"]) == password)
        }
    }

    @Test("logins of all kinds leave the process as it was")
    func guest() async throws {
        _ = try SystemLog.shared()
        let host = try await ForeignHost()
        let logins = host.enrolled.backupCodes.map { "answer \($0)\ngo authenticate setcred\n" }
        // Refused before anything is counted, so that the first ones warm up.
        let more = String(repeating: "answer not-a-code\ngo authenticate\n", count: 40)
        let input = """
            confdir \(host.stack.folder)
            service \(host.stack.service)
            user \(host.account.name)
            \(more)hostcheck
            \(logins.joined())\(more)hostcheck
            quit

            """
        let done = try await Command.run(host.dialogue, input: input, within: .seconds(60))
        try #require(done.status == 0, "\(done.output) \(done.errors)")
        let lines = done.output.split(separator: "\n")
        #expect(lines.filter { $0.contains("\"PAM_SUCCESS\"") }.count == 20)
        #expect(lines.filter { $0.contains("\"PAM_AUTH_ERR\"") }.count == 80)
        let states = try lines.filter { $0.contains("\"hostcheck\"") }.map { line in
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8))
            return try #require(object as? [String: Any]).mapValues { "\($0)" }
        }
        try #require(states.count == 2)
        #expect(states[0]["uids"]?.hasPrefix("0") == false, "it was root's")
        #expect(states[0]["capabilities"] == "0000000000000000")
        for (key, value) in states[0] where !["rss_kb", "data_kb"].contains(key) {
            #expect(states[1][key] == value, "\(key)")
        }
        // What was let go may shrink.
        let data = states.compactMap { $0["data_kb"].flatMap(Int.init) }
        try #require(data.count == 2)
        #expect(data[1] <= data[0])
    }

    @Test("twenty at once: the one right code lets in once")
    func once() async throws {
        let host = try await ForeignHost()
        let code = host.enrolled.backupCodes[0]
        let names = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<20 {
                group.addTask {
                    try await host.stack.login(host.account.name, [code], around: host.around).name
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(names.filter { $0 == "PAM_SUCCESS" }.count == 1, "\(names)")
    }

    @Test("vlock without its setuid bit: a code unlocks the terminal of its user")
    func vlock() async throws {
        let systemLog = try SystemLog.shared()
        let host = try await ForeignHost()
        let service = host.stack.folder + "/" + host.stack.service
        let policy = try Policy()
        try policy.write([String(contentsOfFile: service, encoding: .utf8)], service: "vlock")
        // As under systemd's NoNewPrivileges=yes: the bit gives nothing.
        let terminal = try Terminal(
            policy.running(
                ["setpriv", "--no-new-privs"] + host.account.running(["vlock", "-c"])))
        try await terminal.expect("[ENTER] to unlock.")
        try await terminal.type("")
        try await terminal.expect("Code from your app")
        try await terminal.type(try await host.enrolled.wrongCode())
        try await terminal.expect("That code was not accepted.")
        // Then it tries root, whose code only root can check.
        try await terminal.expect(Self.unavailable)
        _ = try await systemLog.line(
            containing: "vlock", "only root can check the code of another user", "user=root")
        try await terminal.expect("[ENTER] to unlock.")
        try await terminal.type("")
        try await terminal.expect("Code from your app")
        try await terminal.type(try await host.enrolled.phone.code())
        #expect(try await terminal.finish() == 0)
        _ = try await systemLog.line(
            containing: "pam_swiftotp(vlock:", "login granted", "user=\(host.account.name)")
    }
}
