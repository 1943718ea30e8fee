import Foundation
import TestSupport
import Testing

/// Dead, hostile and false services, and users who leave halfway.
@Suite struct OrdinaryUserTroubleTests {
    /// What a false service does with each connection `c`; `w` is a welcome.
    enum Foul: String, CaseIterable {
        case closes = "pass"
        case closesAfterTheWelcome = "c.sendall(w)"
        case closesAfterTheRequest = "c.sendall(w); c.recv(999)"
        case sendsGarbage = "c.sendall(bytes(range(255, 0, -1)) * 40)"
        case welcomesInAnotherVersion = #"c.sendall(b"\x00\x02\x40\x03")"#
        case asksBeforeItWelcomes = #"c.sendall(b"\x00\x02\x42\x03")"#
        case sendsHalfAReply = #"c.sendall(w); c.recv(999); c.sendall(b"\x00\x20\x4a\x01\x81")"#
        case sendsNothingOfALength = #"c.sendall(w); c.recv(999); c.sendall(b"\x00\x00")"#
        case sendsTooMuch =
            #"c.sendall(w); c.recv(999); c.sendall(b"\xff\xff" + b"\x4a" * 65535)"#
        case asksInTheReplysPlace = #"c.sendall(w); c.recv(999); c.sendall(b"\x00\x02\x42\x3a")"#
        /// What an earlier version's service replies to a document.
        case repliesInBytes =
            #"c.sendall(w); c.recv(999); c.sendall(b"\x00\x05\x4a\x01\x88\x09\x00")"#
        case repliesInVersionTwo = #"reply('{"version":2,"result":{"taken":{}}}')"#
        case deniesTheVersion =
            #"reply('{"version":1,"result":{"denied":{"reason":{"otherVersion":{}}}}}')"#
        case deniesTheDocument =
            #"reply('{"version":1,"result":{"denied":{"reason":{"malformed":{}}}}}')"#
        case answersAnotherQuestion =
            #"reply('{"version":1,"result":{"taken":{"name":"a","isNew":true,"beside":[]}}}')"#
        case sendsAnUnknownDenial =
            #"reply('{"version":1,"result":{"denied":{"reason":{"moon":{}}}}}')"#
        case sendsNoJSON = "reply('moon')"
        case nestsDeeply = "reply('[' * 32000)"
        case isFull = #"c.sendall(b"\x00\x05\x41full")"#

        /// What follows the program's name and the path on stderr.
        var words: String {
            switch self {
            case .closes, .closesAfterTheWelcome, .closesAfterTheRequest, .sendsHalfAReply:
                "swiftotpd ended without an answer\nhint: "
            case .isFull: ": full\nhint: "
            case .deniesTheVersion, .deniesTheDocument, .answersAnotherQuestion:
                "swiftotpd and otp-enroll are of different versions\nhint: "
            default: "swiftotpd is of another version\nhint: "
            }
        }
    }

    @Test(arguments: Foul.allCases)
    func nothingIsBelieved(foul: Foul) async throws {
        let citizen = try await Citizen()
        let impostor = try await Impostor(foul.rawValue)
        for command in ["status", "codes", "verify", "remove", "disable"] {
            let words = [command] + (command == "remove" ? ["phone"] : [])
            let done = try await Command.run(
                citizen.words(words, socket: impostor.socket), input: "123456\n")
            #expect(done.status == 1 && done.output.isEmpty, "\(command): \(done.output)")
            #expect(done.errors.hasPrefix("otp-enroll: "), "\(command): \(done.errors)")
            #expect(done.errors.contains(foul.words), "\(command): \(done.errors)")
            #expect(
                done.errors.contains("`systemctl restart swiftotpd.service`")
                    == foul.words.contains("version"))
        }
        let terminal = try Terminal(citizen.words(["add"], socket: impostor.socket))
        #expect(try await terminal.finish() == 1)
        #expect(await terminal.transcript.contains(foul.words))
    }

    /// A user who waits in vain is told so, and the wait ends.
    @Test(arguments: ["time.sleep(60)", "c.sendall(w); c.recv(999); time.sleep(60)"])
    func aSilentServiceIsNotWaitedForForever(silence: String) async throws {
        let citizen = try await Citizen()
        let impostor = try await Impostor(silence)
        let done = try await Command.run(citizen.words(["status"], socket: impostor.socket))
        #expect(done.status == 1)
        #expect(done.errors.contains("swiftotpd does not answer\nhint: "), "\(done.errors)")
    }

    /// Its messages cannot move the cursor.
    @Test(arguments: [
        #"c.sendall(b"\x00\x09\x41a\x1b[2J\xc2\x9bb")"#,
        #"""
        reply('{"version":1,"result":{"failed":{"trouble":{"code":"system","subject":"",'
            + '"detail":"a\\u001b[2J\\u009bb"}}}}')
        """#,
    ])
    func whatTheServiceSaysIsMadeHarmless(said: String) async throws {
        let citizen = try await Citizen()
        let impostor = try await Impostor(said)
        let done = try await Command.run(citizen.words(["status"], socket: impostor.socket))
        #expect(done.status == 1)
        let unsafe = done.errors.unicodeScalars.filter { $0 != "\n" && !(" "..."~").contains($0) }
        #expect(unsafe.isEmpty, "\(done.errors)")
    }

    @Test func aServiceThatIsNotRootsGetsNoCode() async throws {
        let citizen = try await Citizen()
        let thief = try await Account.make("thief")
        let impostor = try await Impostor(
            "print(c.recv(999), flush=True)", as: thief.running)
        let done = try await Command.run(
            citizen.words(["verify"], socket: impostor.socket), input: "1234")
        #expect(done.status == 1)
        #expect(
            done.errors.contains("swiftotpd.sock: the program that listens there is not root's\n"))
        try await impostor.terminal.expect("b''")
    }

    // MARK: Halfway through

    /// What was begun is kept by the client, not in the service.
    @Test func aServiceThatEndsInTheMiddleIsStartedAnew() async throws {
        let citizen = try await Citizen()
        let terminal = try citizen.terminal("add")
        let phone = try await terminal.typedPhone()
        citizen.service.signal(SIGKILL)
        #expect(try await citizen.record() == nil)
        try await phone.settle()
        try await terminal.type(try await phone.code())
        #expect(try await terminal.finish() == 0)
        #expect(try await citizen.names() == ["phone"])
    }

    /// Of two simultaneous first enrollments, one succeeds.
    @Test func theFasterOneIsTheFirst() async throws {
        let citizen = try await Citizen()
        let name = citizen.account.name
        let (one, other) = (try citizen.terminal("add"), try citizen.terminal("add"))
        let (first, second) = (
            try await one.typedPhone(), try await other.typedPhone()
        )
        try await first.settle(for: 10)
        try await one.type(try await first.code())
        #expect(try await one.finish() == 0)
        try await other.type(try await second.code())
        let words = "otp-enroll: \(name) was just enrolled by somebody else; nothing was saved"
        try await other.expect(words)
        #expect(try await other.finish() == 1)
        #expect(try await citizen.names() == ["phone"])
    }

    /// A name taken in the meantime stays with its authenticator.
    @Test func aNameThatWasTakenMeanwhileStays() async throws {
        let citizen = try await Citizen()
        let codes = try await citizen.enroll().codes
        let terminal = try citizen.terminal("add", "--name", "tablet")
        try await terminal.expect(Citizen.question)
        try await terminal.type(codes[0])
        let phone = try await terminal.typedPhone()
        let tablet = try await citizen.enroll("--name", "tablet").phone
        try await phone.settle(for: 10)
        try await terminal.type(try await phone.code())
        try await terminal.expect(
            "otp-enroll: an authenticator \"tablet\" was just added by somebody else")
        #expect(try await terminal.finish() == 1)
        #expect(try await citizen.run("verify", input: try await tablet.code()).status == 0)
    }
}
