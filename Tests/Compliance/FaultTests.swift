import Foundation
import OTPCore
import TestSupport
import Testing

extension ComplianceProof {
    @Test("google-authenticator's tests before its modes: Base32")
    func base32() throws {
        let text = Array("Hello world...\0".utf8), coded = Array("JBSWY3DPEB3W64TMMQXC4LQA".utf8)
        #expect(Base32.encode(text.span) == coded)
        #expect(Base32.decode(coded.span)?.withBytes { $0.array } == text)
    }

    @Test("forward_pass: the module behind gets the password, without the code")
    func passwordGoesOn() async throws {
        let codes = try await Codes()
        let code = Try.code(0)
        for module in Module.allCases {
            let scratch = try Scratch(), clock = try StoppedClock(scratch)
            let player = try Player(clock)
            let mode = Mode.all[1]
            let one = Case("forward_pass", [code], all: "yes", left: ("", "", ""))
            let stall = try Stall(one, module, mode, in: scratch.path, by: clock)
            let seen = scratch.file("seen")
            let look = try scratch.write("#!/bin/sh\nexec cat > \(seen)\n", to: "look", mode: 0o755)
            let service = stall.services + "/" + Stall.service
            let line = try String(contentsOfFile: service, encoding: .utf8)
                .split(separator: "\n")[0].replacing("success=done", with: "success=ok")
            try Data("\(line)\nauth optional pam_exec.so quiet expose_authtok \(look)\n".utf8)
                .write(to: URL(fileURLWithPath: service))
            let end = try player.logIn(
                code, service: Stall.service, in: stall.services,
                mode.answers(try codes.texts(code, Enrollment(), backup: [])))
            #expect(end.description == "yes", "\(module)")
            // pam_exec may hand it over with the NUL at its end.
            let passed = try String(contentsOfFile: seen, encoding: .utf8)
            #expect(passed.trimmingCharacters(in: ["\0"]) == Mode.password, "\(module)")
        }
    }

    @Test("What `debug` says on the standard output of the program that logs somebody in")
    func debug() async throws {
        let codes = try await Codes()
        let code = Try.code(0)
        let typed = try codes.texts(code, Enrollment(), backup: [])
        for module in Module.allCases {
            let scratch = try Scratch(), clock = try StoppedClock(scratch)
            let player = try Player(clock)
            let one = Case(
                "debug", options: Each(all: "debug"), [code], all: "yes", left: ("", "", ""))
            let stall = try Stall(one, module, in: scratch.path, by: clock)
            let end = try player.logIn(
                code, service: Stall.service, in: stall.services, typed)
            #expect(end.word == "yes")
            try player.finish()
            let told = player.chatter.joined(separator: "\n")
            #expect(told.contains(typed[0] ?? "?") == (module == .oath), "\(module): \(told)")
            #expect(told.isEmpty == (module != .oath), "\(module): \(told)")
        }
    }

    @Test("Enrolling once more on a full disk: google-authenticator loses the key it had")
    func enrollingOnFullDisk() async throws {
        let scratch = try Scratch(), small = try scratch.folder("small")
        try await Command.output(
            ["mount", "-t", "tmpfs", "-o", "size=96k,mode=700", "small", small])
        let theirs =
            ["google-authenticator", "-t", "-d", "-C", "-f", "-q", "-w", "3", "-u"]
            + ["-s", small + "/google"]
        let ours =
            [try Build.product("otp-enroll"), "add", "daemon", "--no-confirm", "--json"]
            + ["--store", small + "/store"]
        for words in [theirs, ours] { try await Command.output(words) }
        let record = small + "/store/1"
        let before = try Data(contentsOf: URL(fileURLWithPath: record))
        let filler = try await Command.run(["dd", "if=/dev/zero", "of=\(small)/filler", "bs=1k"])
        #expect(filler.errors.contains("No space left"))
        #expect(try await Command.run(theirs).status == 1)
        #expect(access(small + "/google", F_OK) != 0)
        let again = try await Command.run(ours)
        let after = try Data(contentsOf: URL(fileURLWithPath: record))
        // A record has room for all that will ever be in it: the new key is there, or the old one.
        #expect((again.status == 0) == (before != after), "\(again.errors)")
        let status = try await Command.run(
            [ours[0], "status", "daemon", "--json", "--store", small + "/store"])
        #expect(status.status == 0 && status.output.contains("\"enrolled\": true"), "\(status)")
        try await Command.output(["umount", "--lazy", small])
    }
}
