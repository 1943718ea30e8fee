import Foundation
import TestSupport
import Testing

/// Helpers that are dead, hostile or somebody else's, and people who leave in the middle.
@Suite struct OrdinaryUserTroubleTests {
    /// Something that listens in the helper's place: what it does with each connection `c`.
    enum Impostor: String, CaseIterable {
        case closes = "pass"
        case closesAfterTheRequest = "c.recv(999)"
        case sendsGarbage = #"c.recv(999); c.sendall(bytes(range(255, 0, -1)) * 40)"#
        case sendsHalfAReply = #"c.recv(999); c.sendall(b"\x00\x20\x01\x81")"#
        case sendsNothingOfALength = #"c.recv(999); c.sendall(b"\x00\x00")"#
        case sendsTooMuch = #"c.recv(999); c.sendall(b"\xff\xff" + b"\x01" * 65535)"#
        case speaksVersionTwo = #"c.recv(999); c.sendall(b"\x00\x03\x02\x80\x01")"#
        case answersAnotherQuestion = #"c.recv(999); c.sendall(b"\x00\x02\x01\x87")"#
        case sendsAnUnknownDenial = #"c.recv(999); c.sendall(b"\x00\x04\x01\x88\x63\x00")"#

        /// What follows the program's name on stderr.
        var words: String {
            switch self {
            case .closes, .closesAfterTheRequest, .sendsHalfAReply:
                "swiftotp-helper ended without an answer\nhint: "
            case .answersAnotherQuestion:
                "swiftotp-helper and otp-enroll do not understand each other\nhint: "
            default: "swiftotp-helper speaks another language\nhint: "
            }
        }
    }

    /// Listens with python, and gives the configuration that names the socket.
    private func listen(
        _ work: String, in scratch: Scratch, as words: ([String]) -> [String] = { $0 }
    ) async throws -> (Terminal, config: String) {
        let folder = try scratch.folder("run", mode: 0o777)
        let socket = folder + "/helper.sock"
        let script = """
            import os, socket, time
            s = socket.socket(socket.AF_UNIX); s.bind("\(socket)"); os.chmod("\(socket)", 0o666)
            s.listen(9); print("listening", flush=True)
            while True:
                c, _ = s.accept()
                try:
                    \(work)
                except OSError:
                    pass
                c.close()
            """
        let listener = try Terminal(words(["python3", "-c", script]))
        try await listener.expect("listening")
        return (listener, try scratch.write("helper = \(socket)\n", to: "config", mode: 0o644))
    }

    @Test(arguments: Impostor.allCases)
    func nothingIsBelieved(impostor: Impostor) async throws {
        let citizen = try await Citizen()
        let scratch = try Scratch()
        let (listener, config) = try await listen(impostor.rawValue, in: scratch)
        for command in ["status", "codes", "verify", "remove", "disable"] {
            let words = [command] + (command == "remove" ? ["phone"] : [])
            let done = try await Command.run(
                citizen.words(words, config: config), input: "123456\n")
            #expect(done.status == 1 && done.output.isEmpty, "\(command): \(done.output)")
            #expect(done.errors.hasPrefix("otp-enroll: "), "\(command): \(done.errors)")
            #expect(done.errors.contains(impostor.words), "\(command): \(done.errors)")
        }
        let terminal = try Terminal(citizen.words(["add"], config: config))
        #expect(try await terminal.finish() == 1)
        #expect(await terminal.transcript.contains(impostor.words))
        withExtendedLifetime(listener) {}
    }

    /// Whoever waits in vain is told so, and in the end does not wait any more.
    @Test func aSilentHelperIsNotWaitedForForever() async throws {
        let citizen = try await Citizen()
        let scratch = try Scratch()
        let (listener, config) = try await listen("c.recv(999); time.sleep(60)", in: scratch)
        let done = try await Command.run(citizen.words(["status"], config: config))
        #expect(done.status == 1)
        #expect(done.errors.contains("swiftotp-helper gives no answer\nhint: "), "\(done.errors)")
        withExtendedLifetime(listener) {}
    }

    /// What it says cannot move the cursor.
    @Test func whatTheHelperSaysIsMadeHarmless() async throws {
        let citizen = try await Citizen()
        let scratch = try Scratch()
        let reply = #"c.recv(999); c.sendall(b"\x00\x0c\x01\x88\x08\x08a\x1b[2J\xc2\x9bb")"#
        let (listener, config) = try await listen(reply, in: scratch)
        let done = try await Command.run(citizen.words(["status"], config: config))
        #expect(done.status == 1)
        let unsafe = done.errors.unicodeScalars.filter { $0 != "\n" && !(" "..."~").contains($0) }
        #expect(unsafe.isEmpty, "\(done.errors)")
        withExtendedLifetime(listener) {}
    }

    @Test func aHelperThatIsNotRootsGetsNoCode() async throws {
        let citizen = try await Citizen()
        let thief = try await Account.make("thief")
        let scratch = try Scratch()
        let (listener, config) = try await listen(
            #"print(c.recv(999), flush=True)"#, in: scratch, as: thief.running)
        let done = try await Command.run(citizen.words(["verify"], config: config), input: "1234")
        #expect(done.status == 1)
        #expect(done.errors.contains("helper.sock: somebody who is not root listens there\nhint: "))
        try await listener.expect("b''")
    }

    @Test func withoutAnybodyItSaysWhatToStart() async throws {
        let citizen = try await Citizen()
        let scratch = try Scratch()
        for socket in [scratch.file("none.sock"), try scratch.write("", to: "file", mode: 0o666)] {
            let config = try scratch.write("helper = \(socket)\n", to: "config", mode: 0o644)
            let done = try await Command.run(citizen.words(["status"], config: config))
            #expect(done.status == 1)
            #expect(
                done.errors == """
                    otp-enroll: swiftotp-helper does not listen at \(socket)
                    hint: `systemctl start swiftotp-helper.socket` starts it (as root)
                    hint: without it, only root can do this; use sudo

                    """)
        }
    }

    // MARK: In the middle

    /// How somebody leaves who was shown a key.
    enum Exit: CaseIterable {
        case interrupt, emptyLine, endOfInput, terminate, hangUp, kill
    }

    @Test(arguments: Exit.allCases)
    func leavingLeavesNoTrace(exit: Exit) async throws {
        let citizen = try await Citizen()
        let terminal = try citizen.terminal("add")
        let phone = try await citizen.phone(on: terminal)
        try await terminal.type(try await phone.wrongCode())
        try await terminal.expect(Citizen.interview)
        // That of the command before may still be ending.
        try await patiently("one helper") { citizen.helper.serving.count == 1 ? () : nil }
        switch exit {
        case .interrupt: try await terminal.send("\u{3}")
        case .emptyLine: try await terminal.type("")
        case .endOfInput: try await terminal.send("\u{4}")
        case .terminate: terminal.child.signal(SIGTERM)
        case .hangUp: terminal.child.signal(SIGHUP)
        case .kill: terminal.child.signal(SIGKILL)
        }
        #expect(try await terminal.finish() == (exit == .kill ? 128 + SIGKILL : 1))
        if exit != .kill {
            let words = "otp-enroll: no code was confirmed, nothing was kept\n"
            #expect(await terminal.transcript.contains(words))
        }
        try await citizen.waitForQuiet()
        #expect(try await citizen.record() == nil)
        #expect(try await citizen.json("status")["enrolled"] as? Bool == false)
    }

    /// The key of a new authenticator is worth nothing where the helper ended before its code.
    @Test func aHelperThatEndsInTheMiddleKeepsNothing() async throws {
        let citizen = try await Citizen()
        let terminal = try citizen.terminal("add")
        let phone = try await citizen.phone(on: terminal)
        for process in citizen.helper.serving { kill(process, SIGKILL) }
        try await terminal.type(try await phone.code())
        try await terminal.expect("swiftotp-helper ended without an answer\r\nhint: ")
        #expect(try await terminal.finish() == 1)
        #expect(try await citizen.record() == nil)
    }

    @Test func guessingTheFirstCodeEnds() async throws {
        let citizen = try await Citizen()
        let terminal = try citizen.terminal("add")
        let phone = try await citizen.phone(on: terminal)
        for _ in 1...10 {
            try await terminal.type(try await phone.wrongCode())
            try await terminal.expect("not the code of this key")
        }
        try await phone.settle()
        try await terminal.type(try await phone.code())
        try await terminal.expect("otp-enroll: too many codes were wrong, nothing was kept")
        #expect(try await terminal.finish() == 1)
        #expect(try await citizen.record() == nil)
    }

    /// Of two first enrollments at once, one is made.
    @Test func theFasterOneIsTheFirst() async throws {
        let citizen = try await Citizen()
        let name = citizen.account.name
        let (one, other) = (try citizen.terminal("add"), try citizen.terminal("add"))
        let (first, second) = (
            try await citizen.phone(on: one), try await citizen.phone(on: other)
        )
        try await first.settle(for: 10)
        try await one.type(try await first.code())
        #expect(try await one.finish() == 0)
        try await other.type(try await second.code())
        let words = "otp-enroll: \(name) was enrolled by somebody else meanwhile, nothing was kept"
        try await other.expect(words)
        #expect(try await other.finish() == 1)
        #expect(try await citizen.names() == ["phone"])
    }

    /// A name that came up meanwhile is not taken from its authenticator.
    @Test func aNameThatWasTakenMeanwhileStays() async throws {
        let citizen = try await Citizen()
        let codes = try await citizen.enroll().codes
        let terminal = try citizen.terminal("add", "--name", "tablet")
        try await terminal.expect(Citizen.question)
        try await terminal.type(codes[0])
        let phone = try await citizen.phone(on: terminal)
        let tablet = try await citizen.enroll("--name", "tablet").phone
        try await phone.settle(for: 10)
        try await terminal.type(try await phone.code())
        try await terminal.expect(
            "otp-enroll: an authenticator \"tablet\" was added by somebody else meanwhile")
        #expect(try await terminal.finish() == 1)
        #expect(try await citizen.run("verify", input: try await tablet.code()).status == 0)
    }
}
