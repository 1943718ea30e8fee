import Foundation
import TestSupport
import Testing

/// What unprivileged users see: the same as root, and no secret except a new key, once.
@Suite struct OrdinaryUserSecretTests {
    /// The text without what differs between runs: keys, backup codes and the folder's path.
    private func plain(_ text: String) -> String {
        text.replacing(#/\b[0-9A-Z]{5}(?:-[0-9A-Z]{5}){2}\b/#, with: "BACKUP")
            .replacing(#/\b(?:[A-Z2-7]{4} ){3}[A-Z2-7]{4}\b/#, with: "KEY")
            .replacing(#/\b\d{6}\b/#, with: "CODE")
    }

    /// Commands whose output is the same for root and users.
    static let commands = [
        ["status"], ["status", "--json"], ["verify"], ["verify", "--json"], ["codes"],
        ["codes", "--json"], ["remove", "tablet"], ["remove", "tablet", "--json"],
        ["remove", "watch"], ["disable"], ["disable", "--json"], ["trusted"],
        ["trusted", "--json"],
        ["trusted", "--revoke-all", "--json"],
    ]

    @Test(arguments: commands)
    func usersReadWhatRootReads(words: [String]) async throws {
        let citizen = try await Citizen()
        let codes = try await citizen.enroll().codes
        _ = try await citizen.enroll("--name", "tablet")
        for name in ["laptop", "desktop"] { try citizen.trust(name) }
        let copy = try Scratch()
        try await Command.output(["cp", "-a", citizen.service.store, copy.file("store")])
        // The user's name precedes that of an authenticator.
        let roots = [words[0], citizen.account.name] + words.dropFirst()
        let root = try await Command.run(
            [try Build.product("otp-enroll")] + roots + ["--store", copy.file("store")],
            input: codes[0])
        let user = try await Command.run(citizen.words(words), input: codes[0])
        #expect(user.status == root.status)
        #expect(plain(user.output) == plain(root.output))
        #expect(plain(user.errors) == plain(root.errors))
    }

    @Test func theInterviewIsThatOfRoot() async throws {
        let citizen = try await Citizen()
        let copy = try Scratch()
        let program = try Build.product("otp-enroll")
        var shown: [String] = []
        for words in [
            citizen.words(["add", "--qr", "none"]),
            [program, "add", citizen.account.name, "--qr", "none", "--store", copy.file("store")],
        ] {
            let terminal = try Terminal(words)
            let phone = try await terminal.typedPhone()
            try await terminal.type("nothing")
            try await terminal.typedPhone().settle()
            try await terminal.type(try await phone.wrongCode())
            try await terminal.typedPhone().settle()
            try await terminal.type(try await phone.code())
            #expect(try await terminal.finish() == 0)
            shown.append(plain(await terminal.transcript))
        }
        #expect(shown[0] == shown[1])
    }

    /// Nothing in the store is readable, by any program.
    @Test func noFileOfTheStoreIsReadable() async throws {
        let citizen = try await Citizen()
        _ = try await citizen.enroll()
        let store = citizen.service.store
        let files = try FileManager.default.contentsOfDirectory(atPath: store)
        #expect(files.count == 4)
        for path in files.map({ "\(store)/\($0)" }) {
            let read = try await Command.run(citizen.account.running(["cat", path]))
            #expect(read.status != 0 && read.output.isEmpty)
            #expect(read.errors.contains("Permission denied"))
        }
        let list = try await Command.run(citizen.account.running(["ls", store]))
        #expect(list.status != 0 && list.errors.contains("Permission denied"))
    }

    /// The key is shown while it is enrolled. After that no request returns it, and backup codes
    /// are not shown a second time.
    @Test func theKeyIsShownOnce() async throws {
        let citizen = try await Citizen()
        let terminal = try citizen.terminal("add")
        let phone = try await terminal.typedPhone()
        try await phone.settle()
        try await terminal.type(try await phone.code())
        #expect(try await terminal.finish() == 0)
        let codes = await terminal.transcript
            .matches(of: #/\b[0-9A-Z]{5}(-[0-9A-Z]{5}){2}\b/#).map { String($0.output.0) }
        #expect(codes.count == 10)
        let status = try await citizen.run("status", "--json").output
        #expect(!status.contains(phone.secret) && !codes.contains { status.contains($0) })

        // Every existing request, as a user's own program would send it.
        let script = """
            import json, socket
            code = "\(codes[0])"
            s = socket.socket(socket.AF_UNIX); s.connect("\(citizen.service.socket)")
            def hear():
                length = int.from_bytes(s.recv(2, socket.MSG_WAITALL), "big")
                return s.recv(length, socket.MSG_WAITALL)
            def ask(command, proof=None, **fields):
                request = {"version": 1, "command": {command: fields}}
                if proof: request["proof"] = proof
                frame = b"\\x05" + json.dumps(request).encode()
                s.sendall(len(frame).to_bytes(2, "big") + frame)
                return hear()[1:].decode()
            assert hear() == b"\\x40\\x02"
            device = {"kind": "totp", "algorithm": "SHA1", "digits": 6, "period": 30, "counter": 0,
                      "name": "phone", "isUnconfirmed": False}
            number = [\(try citizen.account.user().uid), "\(citizen.account.name)"]
            replies = [
                ask("policy"), ask("status"), ask("renewBackupCodes"), ask("begin", device=device),
                ask("recorded"), ask("rows", of=[number]), ask("keys", of=[number]),
                ask("noteExport", names=["phone"]), ask("reset"), ask("issue"), ask("unlock"),
                ask("verify", code=code), ask("status"), ask("begin", "\(codes[1])", device=device),
                ask("begin", "\(codes[2])", device=dict(device, isUnconfirmed=True)),
                ask("remove", "\(codes[3])", name="phone"), ask("renewBackupCodes", "\(codes[4])"),
                ask("status")]
            for reply in replies:
                result = json.loads(reply)["result"]
                word = next(iter(result))
                print(word, *result[word].get("reason", []) if word == "denied" else [])
            print("key", any("\(phone.secret)" in reply for reply in replies))
            print("codes", any(each in reply for reply in replies for each in \(codes)))
            """
        let told = try await Command.output(
            citizen.account.running(["/usr/bin/python3", "-"]), input: script)
        // New keys and new codes are returned, and nothing of the old ones.
        #expect(
            told == """
                policy
                account
                denied proofNeeded
                denied proofNeeded
                denied rootOnly
                denied rootOnly
                denied rootOnly
                denied rootOnly
                denied rootOnly
                denied rootOnly
                denied rootOnly
                outcome
                account
                begun
                denied rootOnly
                denied lastAuthenticator
                done
                account
                key False
                codes False

                """)
    }
}
