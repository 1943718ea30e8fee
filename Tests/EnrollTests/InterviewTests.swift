import Foundation
import TestSupport
import Testing

/// The question for the first code: what is stored, and when.
@Suite struct InterviewTests {
    let desk: Desk
    static let question = "Code shown by the app: "

    init() throws { desk = try Desk() }

    private func terminal(_ arguments: String...) throws -> Terminal {
        try Terminal(try desk.words(arguments))
    }

    /// A way to give up.
    enum Exit: String, CaseIterable {
        case interrupt = "\u{3}"
        case quit = "\u{1c}"
        case endOfInput = "\u{4}"
        case emptyLine = "\r"
        case spaces = "  \r"
        case terminate, hangUp
    }

    @Test(arguments: Exit.allCases)
    func givingUpKeepsNothing(exit: Exit) async throws {
        let terminal = try terminal("add")
        try await terminal.expect(Self.question)
        switch exit {
        case .terminate: terminal.child.signal(SIGTERM)
        case .hangUp: terminal.child.signal(SIGHUP)
        default: try await terminal.send(exit.rawValue)
        }
        #expect(try await terminal.finish() == 1)
        let shown = await terminal.transcript
        // The screen is restored before the last message.
        let back = try #require(shown.range(of: "\u{1b}[?1049l"))
        #expect(
            shown[back.upperBound...].hasPrefix(
                "otp-enroll: no code was confirmed; nothing was saved\nhint: "))
        #expect(try await !desk.isEnrolled())
        #expect(desk.record == nil)
    }

    @Test(arguments: [Exit.interrupt, .terminate, .emptyLine])
    func givingUpLeavesARecordAsItWas(exit: Exit) async throws {
        let old = try await desk.enroll()
        let before = desk.record
        let file = desk.scratch.file("qr.svg")
        let terminal = try terminal("add", "--name", "phone", "--qr-file", file)
        try await terminal.expect("present authenticator \"phone\"")
        try await terminal.expect(Self.question)
        #expect(FileManager.default.fileExists(atPath: file))
        try await terminal.type("000000")
        try await terminal.expect(Self.question)
        if exit == .terminate {
            terminal.child.signal(SIGTERM)
        } else {
            try await terminal.send(exit.rawValue)
        }
        #expect(try await terminal.finish() == 1)
        #expect(desk.record == before)
        #expect(!FileManager.default.fileExists(atPath: file))
        try await old.phone.settle()
        #expect(try await desk.verify(try await old.phone.code()) == (true, "code"))
    }

    @Test func stoppingIsNotPossibleWhileTheKeyIsShown() async throws {
        let terminal = try terminal("add")
        let phone = try await terminal.typedPhone()
        try await terminal.send("\u{1a}")
        try await phone.settle()
        try await terminal.type(try await phone.code())
        #expect(try await terminal.finish() == 0)
    }

    @Test func wrongCodesAreForgiven() async throws {
        let terminal = try terminal("add")
        let phone = try await terminal.typedPhone()
        for _ in 1...6 {
            try await terminal.type(try await phone.wrongCode())
            try await terminal.expect("not a code for this key")
            try await terminal.expect(Self.question)
        }
        for other in ["1234567", "12345", "password", "0N9Y6-GHGWG-AA41C", "\u{661}23456"] {
            try await terminal.type(other)
            try await terminal.expect("6 digits")
            try await terminal.expect(Self.question)
        }
        #expect(try await !desk.isEnrolled())
        try await phone.settle()
        let code = try await phone.code()
        try await terminal.type("\(code.prefix(3)) \(code.suffix(3))")
        try await terminal.expect("root is enrolled: \"phone\" works.")
        try await terminal.expect("Backup codes:")
        #expect(try await terminal.finish() == 0)
        let status = try await desk.json("status")
        #expect(status["failures"] as? Int == 0)
    }

    @Test func anotherAuthenticatorKeepsNameCodesAndTheFirst() async throws {
        let first = try await desk.enroll()
        let terminal = try terminal("add")
        let phone = try await terminal.typedPhone()
        #expect(await terminal.transcript.contains("Name here: phone-2"))
        try await phone.settle()
        try await terminal.type(try await phone.code())
        try await terminal.expect("\"phone-2\" works.")
        try await terminal.expect("The backup codes are the same as before.")
        #expect(try await terminal.finish() == 0)
        #expect(try await desk.names() == ["phone", "phone-2"])
        _ = try await desk.json("verify", input: first.codes[0])
        _ = try await desk.json("verify", input: try await first.phone.code())
    }

    @Test func aNameThatIsThereIsReplacedOnceConfirmed() async throws {
        let old = try await desk.enroll()
        let terminal = try terminal("add", "--name", "phone")
        let new = try await terminal.typedPhone()
        try await new.settle(for: 10)
        _ = try await desk.json("verify", input: try await old.phone.code())
        try await terminal.type(try await new.code())
        try await terminal.expect("Delete its old entry in the app.")
        #expect(try await terminal.finish() == 0)
        #expect(try await desk.names() == ["phone"])
        let stale = try await desk.json(
            "verify", input: try await old.phone.code(steps: 1), status: 1)
        #expect(stale["reason"] as? String == "wrong")
        _ = try await desk.json("verify", input: try await new.code(steps: 1))
        _ = try await desk.json("verify", input: old.codes[9])
    }

    /// Settings, which of them an app ignores, and its name.
    static let ignorant = [
        (["--algorithm", "SHA256"], "", "--algorithm SHA256"),
        (["--algorithm", "SHA512"], "", "--algorithm SHA512"),
        (["--digits", "8"], "", "--digits 8"),
        (["--period", "60"], "", "--period 60"),
        (["--digits", "8", "--period", "60"], "&digits=8", "--period 60"),
        (
            ["--algorithm", "SHA256", "--digits", "8", "--period", "60"], "",
            "--algorithm SHA256 --digits 8 --period 60"
        ),
    ]

    @Test(arguments: ignorant)
    func anAppThatIgnoresSettingsIsRecognized(
        settings: [String], understood: String, named: String
    ) async throws {
        let terminal = try Terminal(try desk.words(["add"] + settings), rows: 50)
        let app = try await terminal.typedPhone(understood)
        try await app.settle()
        try await terminal.type(try await app.code())
        try await terminal.expect("otp-enroll: the app ignored \(named), so")
        #expect(try await terminal.finish() == 1)
        #expect(try await !desk.isEnrolled())
    }

    @Test(arguments: [(-7, "about 4 minutes behind"), (4, "120 seconds ahead")])
    func aClockThatIsFarOffIsRecognized(steps: Int, words: String) async throws {
        let terminal = try terminal("add", "--qr", "none")
        let phone = try await terminal.typedPhone()
        try await phone.settle()
        try await terminal.type(try await phone.code(steps: steps))
        try await terminal.expect("clock is \(words)")
        try await terminal.expect(Self.question)
        try await terminal.type(try await phone.code())
        #expect(try await terminal.finish() == 0)
    }

    @Test func aClockThatIsALittleOffIsAccepted() async throws {
        let terminal = try terminal("add")
        let phone = try await terminal.typedPhone()
        // Early in a step, so that the next one is far: the clock is off by at least the rest.
        try await phone.settle(for: 26)
        let code = try await phone.code(steps: 1)
        try await terminal.type(code)
        try await terminal.expect("The app's clock is at least")
        #expect(try await terminal.finish() == 0)
        // Burned, and every earlier code with it.
        for used in [code, try await phone.code()] {
            let again = try await desk.json("verify", input: used, status: 1)
            #expect(again["reason"] as? String == "replayed")
        }
    }

    @Test func twoAtOnceAreBothEnrolled() async throws {
        let (one, other) = (try terminal("add"), try terminal("add"))
        let (first, second) = (try await one.typedPhone(), try await other.typedPhone())
        try await first.settle(for: 10)
        let codes = (try await first.code(), try await second.code())
        try await one.type(codes.0)
        try await other.type(codes.1)
        #expect(try await one.finish() == 0)
        #expect(try await other.finish() == 0)
        #expect(try await desk.names() == ["phone", "phone-2"])
        let shown = [await one.transcript, await other.transcript]
        #expect(shown.count { $0.contains("Backup codes:") } == 1)
    }

    /// A terminal that cannot be cleared gets no escape sequences, but a message.
    @Test func aDumbTerminalGetsNoEscapes() async throws {
        let terminal = try Terminal(try desk.words(["add"]), environment: ["TERM": "dumb"])
        let phone = try await terminal.typedPhone()
        try await phone.settle()
        try await terminal.type(try await phone.code())
        try await terminal.expect("This terminal cannot clear the key from the screen")
        #expect(try await terminal.finish() == 0)
        #expect(await !terminal.transcript.contains("\u{1b}"))
    }
}
