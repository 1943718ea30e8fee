import Foundation
import TestSupport
import Testing

/// `import --from google-authenticator FOLDER`: files named after users.
@Suite("A folder of google-authenticator's files")
struct KeyFolderTests {
    let desk: Desk

    init() throws { desk = try Desk() }

    private func words(_ folder: String, _ more: String...) -> [String] {
        ["--from", "google-authenticator", folder] + more
    }

    private func file(_ token: Token) -> String { token.key + "\n\" TOTP_AUTH\n" }

    @Test("A user is left out, or gets another user's key")
    func everybody() async throws {
        let folder = try desk.scratch.folder("keys")
        let (first, second) = (try Token.random().token, try Token.random().token)
        try desk.scratch.write(file(first), to: "keys/daemon")
        try desk.scratch.write(file(second), to: "keys/bin")
        try desk.scratch.write(file(second), to: "keys/nobody-of-this-name")
        #expect(mkdir(folder + "/sys", 0o700) == 0)
        let told = try await desk.report(words(folder), status: 1)
        #expect(told.rows.map { $0["user"] as? String } == ["bin", "daemon"])
        #expect(told.rows.allSatisfy { $0["result"] as? String == "imported" })
        #expect(told.problems == ["nobody-of-this-name: there is no user of this name"])
        for (user, token) in [("daemon", first), ("bin", second)] {
            let phone = try token.phone()
            try await phone.settle()
            #expect(try await desk.verify(try await phone.code(), of: user) == (true, "code"))
        }
        // Enrolled users are skipped unless they are named.
        try desk.scratch.write(file(try Token.random().token), to: "keys/bin")
        let again = try await desk.report(words(folder), status: 1)
        #expect(try again.result("bin") == "enrolled already, skipped")
        let named = try await desk.report(words(folder, "--user", "bin"))
        #expect(named.rows.count == 1)
        #expect(try named.result("bin") == "imported")
    }

    @Test("A file of another user's, a link, a file with two names or in an open folder is read")
    func strangers() async throws {
        let folder = try desk.scratch.folder("keys")
        let key = file(try Token.random().token)
        try desk.scratch.write(key, to: "keys/daemon")
        #expect(chown(folder + "/daemon", 3, 3) == 0)
        let outside = try desk.scratch.write(key, to: "key")
        #expect(symlink(outside, folder + "/bin") == 0)
        #expect(link(outside, folder + "/sys") == 0)
        let told = try await desk.report(words(folder), status: 1)
        #expect(told.rows.isEmpty)
        #expect(
            told.problems == [
                "bin: \(folder)/bin: it is a symbolic link, not a regular file",
                "daemon: \(folder)/daemon: it belongs neither to root nor to the user",
                "sys: \(folder)/sys: it has 2 links, and may only have one",
            ])
        #expect(chown(folder + "/daemon", 1, 1) == 0)
        #expect(
            try await desk.report(words(folder, "--user", "daemon")).result("daemon") == "imported")
        #expect(chmod(folder, 0o777) == 0)
        let done = try await Command.run(desk.words(["import"] + words(folder)))
        #expect(done.status == 1 && done.errors.contains("others than its owner can change it"))
    }
}
