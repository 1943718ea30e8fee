import Foundation
import OTPCore
import TestSupport

/// A terminal with a window on a screen of its own (Xvfb), for screenshots.
final class WindowTerminal: Sendable {
    /// A terminal, and the protocol with which it shows pictures.
    enum Kind: String, CaseIterable, Sendable {
        case kitty, konsole, xterm, mlterm
        /// Konsole behind a filter that removes kitty's answer: iTerm2's images are left.
        case konsoleInline

        /// Those that this system has packages of: Debian 13 has no mlterm.
        static let here: [Kind] = {
            let system = try? String(contentsOfFile: "/etc/os-release", encoding: .utf8)
            let is13 = system?.split(separator: "\n").contains("VERSION_ID=\"13\"") ?? false
            return allCases.filter { $0 != .mlterm || !is13 }
        }()

        /// The words before the program's.
        var words: [String] {
            switch self {
            case .kitty: ["kitty", "--config", "NONE"]
            case .konsole, .konsoleInline: ["konsole", "--nofork", "-e"]
            case .xterm: ["xterm", "-ti", "vt340", "-e"]
            case .mlterm: ["mlterm", "-e"]
            }
        }

        /// The beginning of the sequence that draws the picture.
        var sign: String {
            switch self {
            case .kitty, .konsole: WindowTerminal.kittySign
            case .konsoleInline: "\u{1b}]1337;File=inline=1"
            case .xterm, .mlterm: "\u{1b}P0;1;0q"
            }
        }
    }

    static let kittySign = "\u{1b}_Ga=T,f=100"

    private let scratch: Scratch
    private let screen: Child
    private let window: Child
    private let display: String

    /// A relay between the terminal and the program that records what the program sends. It asks the
    /// program's questions first, with all the time that the terminal needs, and passes its answers
    /// on when the program asks: on a busy machine a terminal takes longer than a user would wait.
    private static let relay = """
        import os, pty, re, sys, tty, termios, fcntl, select, signal
        log, status, hides, words = sys.argv[1], sys.argv[2], sys.argv[4] == "yes", sys.argv[5:]
        with open(sys.argv[3], "rb") as file:
            questions = file.read()
        tty.setraw(0)
        os.write(1, questions)
        answers = b""
        while not re.search(rb"\\x1b\\[\\?[0-9;]*c", answers):
            answers += os.read(0, 65536)
        if hides:
            answers = answers.replace(b"\\x1b_Gi=31;OK\\x1b\\\\", b"")
        process, inner = pty.fork()
        if process == 0:
            os.execvp(words[0], words)
        size = fcntl.ioctl(1, termios.TIOCGWINSZ, b"\\0" * 8)
        fcntl.ioctl(inner, termios.TIOCSWINSZ, size)
        with open(log, "wb", buffering=0) as kept:
            while True:
                ready, _, _ = select.select([0, inner], [], [])
                if 0 in ready:
                    os.write(inner, os.read(0, 65536))
                if inner in ready:
                    try:
                        shown = os.read(inner, 65536)
                    except OSError:
                        break
                    if not shown:
                        break
                    kept.write(shown)
                    if questions in shown:
                        shown = shown.replace(questions, b"")
                        os.write(inner, answers)
                    while shown:
                        shown = shown[os.write(1, shown):]
        code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
        with open(status + ".new", "w") as file:
            file.write(str(code))
        os.rename(status + ".new", status)
        signal.pause()

        """

    init(_ kind: Kind, _ words: [String]) async throws {
        let scratch = try Scratch()
        self.scratch = scratch
        let number = open(scratch.file("display"), O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        let quiet = open("/dev/null", O_RDWR | O_CLOEXEC)
        let errors = open(scratch.file("log"), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        defer { for file in [number, quiet, errors] { close(file) } }
        screen = try Child(
            ["Xvfb", "-displayfd", "1", "-screen", "0", "1280x1024x24", "-nolisten", "tcp"],
            streams: .descriptors(quiet, number, errors))
        display = try await patiently("a screen") {
            let text = try String(contentsOfFile: scratch.file("display"), encoding: .utf8)
            return text.hasSuffix("\n") ? ":" + text.dropLast() : nil
        }
        let relay = try scratch.write(Self.relay, to: "relay.py")
        let home = try scratch.folder("home", mode: 0o700)
        let questions = try scratch.write(
            String(decoding: TerminalAnswers.questions, as: UTF8.self), to: "questions")
        window = try Child(
            kind.words + [
                "/usr/bin/python3", "-BI", relay, scratch.file("shown"), scratch.file("status"),
            ]
                + [questions, kind == .konsoleInline ? "yes" : "no"] + words,
            environment: [
                "DISPLAY": display, "HOME": home, "XDG_RUNTIME_DIR": home, "TERM": "xterm-256color",
                "LIBGL_ALWAYS_SOFTWARE": "1", "QT_QPA_PLATFORM": "xcb",
            ], streams: .descriptors(quiet, errors, errors))
    }

    /// Everything that the program has sent.
    var received: String {
        get throws {
            let bytes = try Data(contentsOf: URL(fileURLWithPath: scratch.file("shown")))
            return String(decoding: bytes, as: UTF8.self)
        }
    }

    /// The text of the QR code on the screen; nil if there is none.
    private func scan() async throws -> String? {
        let file = scratch.file("screen.png")
        try await Command.output(["import", "-display", display, "-window", "root", file])
        return try await Camera.read(file: file)
    }

    /// A phone that has scanned the picture.
    func phone() async throws -> Phone {
        try await until("a QR code") { try await scan().map { try Phone(scanning: $0) } }
    }

    /// Waits until the picture is gone.
    func waitForNoCode() async throws {
        try await until("an empty screen") { try await scan() == nil ? () : nil }
    }

    /// Types a line and Return.
    func type(_ text: String) async throws {
        try await Command.output(
            [
                "xdotool", "mousemove", "100", "100", "type", "--delay", "20", text + "\n",
            ], environment: ["DISPLAY": display])
    }

    /// Waits for the program's end and gives its status.
    func finish() async throws -> Int32 {
        try await until("the end") {
            (try? String(contentsOfFile: scratch.file("status"), encoding: .utf8))
                .flatMap { Int32($0) }
        }
    }

    private func until<Value>(
        _ what: String, _ look: () async throws -> Value?
    ) async throws -> Value {
        let clock = ContinuousClock(), end = clock.now + .seconds(60)
        while clock.now < end {
            if let value = try await look() { return value }
            try await Task.sleep(for: .milliseconds(200))
        }
        let log = try String(contentsOfFile: scratch.file("log"), encoding: .utf8)
        throw Trouble("\(what) did not come: \(log.suffix(2000))")
    }
}
