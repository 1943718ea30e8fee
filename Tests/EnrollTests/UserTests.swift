import Foundation
import TestSupport
import Testing

/// Unprivileged users without a service: their own store works, everything else says what to do.
@Suite struct UserTests {
    let desk: Desk

    init() throws {
        desk = try Desk()
    }

    private func ownStore() async throws {
        try await Command.output(
            ["install", "-d", "-m", "700", "-o", "games", "-g", "games", desk.store])
    }

    private func run(_ arguments: String..., input: String = "") async throws -> Command {
        try await Command.run(withoutRoot(desk.words(arguments)), input: input)
    }

    @Test(arguments: [
        ["export", "--format", "json", "--output", "/nowhere/out", "--reveal-secrets"]
    ])
    func theStoreOfTheSystemIsRoots(command: [String]) async throws {
        let program = try Build.product("otp-enroll")
        let done = try await Command.run(withoutRoot([program] + command))
        #expect(done.status == 1)
        #expect(
            done.errors == """
                otp-enroll: only root can open /var/lib/swiftotp
                hint: use sudo, or --store with a folder of your own

                """)
    }

    /// Users' own commands go through swiftotpd, which is not running here.
    @Test(arguments: ["status", "codes", "verify", "disable", "list"])
    func withoutTheServiceItSaysWhatToStart(command: String) async throws {
        let program = try Build.product("otp-enroll")
        let done = try await Command.run(withoutRoot([program, command]))
        #expect(done.status == 1 && done.output.isEmpty)
        #expect(
            done.errors == """
                otp-enroll: swiftotpd is not listening at /run/swiftotp/swiftotpd.sock
                hint: `systemctl start swiftotpd.socket` starts it (as root)
                hint: without it, only root can do this; use sudo

                """)
    }

    /// Root's commands make a missing store, closed to everybody else.
    @Test func theStoreOfTheSystemIsMade() async throws {
        let program = try Build.product("otp-enroll")
        let account = try await Account.make("enroll")
        let added = try await Command.output(
            [program, "add", account.name, "--no-confirm", "--json"])
        #expect(added.contains("\"user\": \"\(account.name)\""))
        let files = FileManager.default
        for (path, mode) in [
            ("/var/lib/swiftotp", 0o700), ("/etc/swiftotp", 0o700),
            ("/etc/swiftotp/seal.key", 0o600),
        ] {
            let found = try files.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(found == mode, "\(path)")
        }
        try await Command.output([program, "disable", account.name])
        let told = try await Command.output([program, "status", account.name])
        let end = "The second factor was switched off on"
        #expect(told.hasPrefix("\(account.name) is not enrolled. \(end) "), "\(told)")
    }

    @Test func aStoreOfOnesOwnWorks() async throws {
        try await ownStore()
        let added = try await run("add", "games", "--no-confirm", "--json")
        #expect(added.status == 0, "\(added.errors)")
        let object = try JSONSerialization.jsonObject(with: Data(added.output.utf8))
        let members = try #require(object as? [String: Any])
        #expect(members["user"] as? String == "games")
        #expect((members["backup_codes"] as? [String])?.count == 10)
        #expect(try await run("list").output.contains("\ngames"))
        // A user who can read the keys proves nothing with a code.
        let done = try await run("disable")
        #expect(done.status == 0, "\(done.errors)")
        #expect(try await run("status").output.contains("is not enrolled"))
    }

    @Test func theStoreOfAnotherIsRefused() async throws {
        try await desk.enroll()
        let done = try await run("add", "--no-confirm")
        #expect(done.status == 1)
        #expect(
            done.errors.hasPrefix(
                "otp-enroll: \(desk.store): permission denied: only root has access\nhint: "))
    }
}
