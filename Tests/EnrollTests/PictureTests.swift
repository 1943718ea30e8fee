import Foundation
import TestSupport
import Testing

/// QR codes as pictures in terminals with a window, read from a screenshot.
@Suite("QR codes as pictures in terminals", .serialized, .timeLimit(.minutes(5)))
struct PictureTests {
    let desk: Desk

    init() throws { desk = try Desk() }

    @Test(
        "A camera does not read the picture in a terminal's window, or it stays there",
        arguments: WindowTerminal.Kind.here)
    func theCameraReadsThePicture(kind: WindowTerminal.Kind) async throws {
        let window = try await WindowTerminal(
            kind, try desk.words(["add", "--issuer", "bastion.example.com"]))
        let phone = try await window.phone()
        #expect(phone.issuer == "bastion.example.com" && phone.label == "bastion.example.com:root")
        // It is a picture in the terminal's own protocol, and not drawn with characters.
        #expect(try window.received.contains(kind.sign))
        #expect(try !window.received.contains("\u{2580}"))
        try await phone.settle()
        try await window.type(try await phone.code())
        #expect(try await window.finish() == 0)
        #expect(try await desk.names() == ["phone"])
        try await window.waitForNoCode()
        // kitty keeps pictures by number until it is told to forget them.
        let removal = "\u{1b}_Ga=d,d=I,i=31"
        #expect(try window.received.contains(removal) == (kind.sign == WindowTerminal.kittySign))
    }

    @Test("After a wrong code the picture is gone")
    func aWrongCodeAndAnotherSizeKeepThePicture() async throws {
        let window = try await WindowTerminal(.xterm, try desk.words(["add"]))
        let phone = try await window.phone()
        try await window.type(try await phone.wrongCode())
        #expect(try await window.phone().secret == phone.secret)
        try await phone.settle()
        try await window.type(try await phone.code())
        #expect(try await window.finish() == 0)
    }

    @Test(
        "A terminal that does not answer shows no QR code, or its late answer is part of the code")
    func whereATerminalAnswersNothingCharactersDrawIt() async throws {
        let terminal = try Terminal(
            try desk.words(["add", "--qr", "image"]), answersQuestions: false)
        let begin = ContinuousClock().now
        let phone = try await terminal.typedPhone()
        #expect(ContinuousClock().now - begin < .seconds(30))
        let shown = await terminal.transcript
        #expect(shown.contains("\u{1b}[c") && shown.contains("\u{2580}"))
        #expect(shown.contains("This terminal does not say that it"))
        // A late answer is not part of the code.
        try await phone.settle()
        let code = try await phone.code()
        try await terminal.send(
            "\u{1b}_Gi=31;OK\u{1b}\\" + code.prefix(2) + "\u{1b}[?62;1;4c" + code.dropFirst(2)
                + "\r")
        #expect(try await terminal.finish() == 0)
        #expect(try await desk.isEnrolled())
    }

    @Test(
        "A terminal that may not know the question is asked whether it shows pictures",
        arguments: [
            ("auto", ["TERM": "dumb"]), ("image", ["TERM": "dumb"]),
            ("auto", ["TERM": "screen.xterm"]),
            ("auto", ["TMUX": "x"]), ("auto", ["TERM": "linux"]), ("ansi", [:]), ("none", [:]),
        ])
    func aTerminalThatMayNotKnowTheQuestionIsNotAsked(
        form: String, environment: [String: String]
    ) async throws {
        let terminal = try Terminal(
            try desk.words(["add", "--qr", form]), environment: environment)
        _ = try await terminal.typedPhone()
        let shown = await terminal.transcript
        #expect(!shown.contains("\u{1b}[c") && !shown.contains("\u{1b}_G"))
    }
}
