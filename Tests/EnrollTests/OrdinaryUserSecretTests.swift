import Foundation
import TestSupport
import Testing

/// What people who are not root get to see: the same as root, and no secret but a new key, once.
@Suite struct OrdinaryUserSecretTests {
    /// The text without what differs from one run to the next: keys, backup codes and the address
    /// of the folder.
    private func plain(_ text: String) -> String {
        text.replacing(#/\b[0-9A-Z]{5}(?:-[0-9A-Z]{5}){2}\b/#, with: "BACKUP")
            .replacing(#/\b(?:[A-Z2-7]{4} ){3}[A-Z2-7]{4}\b/#, with: "KEY")
            .replacing(#/\b\d{6}\b/#, with: "CODE")
    }

    /// Commands after which root and users read the same.
    static let commands = [
        ["status"], ["status", "--json"], ["verify"], ["verify", "--json"], ["codes"],
        ["codes", "--json"], ["remove", "tablet"], ["remove", "tablet", "--json"],
        ["remove", "watch"], ["disable"], ["disable", "--json"],
    ]

    @Test(arguments: commands)
    func usersReadWhatRootReads(words: [String]) async throws {
        let citizen = try await Citizen()
        let codes = try await citizen.enroll().codes
        _ = try await citizen.enroll("--name", "tablet")
        let copy = try Scratch()
        try await Command.output(["cp", "-a", citizen.service.store, copy.file("store")])
        // The user's name stands before that of an authenticator.
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
            let phone = try await citizen.phone(on: terminal)
            try await terminal.type("nothing")
            try await citizen.phone(on: terminal).settle()
            try await terminal.type(try await phone.wrongCode())
            try await citizen.phone(on: terminal).settle()
            try await terminal.type(try await phone.code())
            #expect(try await terminal.finish() == 0)
            shown.append(plain(await terminal.transcript))
        }
        #expect(shown[0] == shown[1])
    }

    /// Nothing of the store can be read, by whatever program.
    @Test func noFileOfTheStoreIsReadable() async throws {
        let citizen = try await Citizen()
        _ = try await citizen.enroll()
        let store = citizen.service.store
        let files = try FileManager.default.contentsOfDirectory(atPath: store)
        #expect(files.count == 2)
        for path in files.map({ "\(store)/\($0)" }) {
            let read = try await Command.run(citizen.account.running(["cat", path]))
            #expect(read.status != 0 && read.output.isEmpty)
            #expect(read.errors.contains("Permission denied"))
        }
        let list = try await Command.run(citizen.account.running(["ls", store]))
        #expect(list.status != 0 && list.errors.contains("Permission denied"))
    }

    /// The key is shown while it is enrolled. Afterwards no request gets it, whatever is asked, and
    /// neither do backup codes come a second time.
    @Test func theKeyIsShownOnce() async throws {
        let citizen = try await Citizen()
        let terminal = try citizen.terminal("add")
        let phone = try await citizen.phone(on: terminal)
        try await phone.settle()
        try await terminal.type(try await phone.code())
        #expect(try await terminal.finish() == 0)
        let codes = await terminal.transcript
            .matches(of: #/\b[0-9A-Z]{5}(-[0-9A-Z]{5}){2}\b/#).map { String($0.output.0) }
        #expect(codes.count == 10)
        let status = try await citizen.run("status", "--json").output
        #expect(!status.contains(phone.secret) && !codes.contains { status.contains($0) })

        // Every request that there is, as a program of the user's own would send it.
        let script = """
            import base64, socket, sys
            key = base64.b32decode("\(phone.secret)"); code = b"\(codes[0])"
            s = socket.socket(socket.AF_UNIX); s.connect("\(citizen.service.socket)")
            def hear():
                length = int.from_bytes(s.recv(2, socket.MSG_WAITALL), "big")
                return s.recv(length, socket.MSG_WAITALL)
            def ask(kind, rest=b""):
                frame = bytes([5, 1, kind]) + rest
                s.sendall(len(frame).to_bytes(2, "big") + frame)
                return hear()[1:]
            assert hear() == b"\\x40\\x02"
            new = b"\\x01\\x01\\x06\\x00\\x1e" + bytes(8) + b"\\x05phone"
            asks = [(1, b""), (2, b""), (7, b""), (5, new), (3, bytes([len(code)]) + code), (2, b""),
                    (5, new), (2, b""), (6, b"\\x06000000"), (8, b"\\x05phone"), (7, b""), (2, b"")]
            replies = [ask(*each) for each in asks]
            print([reply[1] for reply in replies])
            print("key", any(key in reply for reply in replies))
            print("codes", any(c.encode() in reply for reply in replies for c in \(codes)))
            """
        let told = try await Command.output(
            citizen.account.running(["python3", "-"]), input: script)
        // flag, record, denied, denied, outcome, record, device, record, verdict, denied, codes,
        // record: a new key and new codes, and nothing of the old ones.
        #expect(
            told == """
                [128, 129, 136, 136, 130, 129, 131, 129, 132, 136, 134, 129]
                key False
                codes False

                """)
    }
}
