import Foundation

/// A program at its own terminal, and somebody who reads what it shows and types answers.
public actor Terminal {
    public nonisolated let child: Child
    private let master: Int32
    private var shown: [UInt8] = []
    /// How much of `shown` an `expect` has already matched.
    private var met = 0
    private var closed = false
    /// Whether it answers the question that every terminal is asked (DA1), as one without pictures;
    /// and where the last such question ended.
    private let answersQuestions: Bool
    private var answered = 0

    /// TIOCGPTN and TIOCSPTLCK, which are macros that Swift cannot import.
    private static let numberRequest: UInt = 0x8004_5430
    private static let lockRequest: UInt = 0x4004_5431

    public init(
        _ words: [String], environment: [String: String] = [:], columns: UInt16 = 80,
        rows: UInt16 = 24, answersQuestions: Bool = true
    ) throws {
        self.answersQuestions = answersQuestions
        master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK)
        var number: UInt32 = 0, locked: Int32 = 0
        guard master >= 0, ioctl(master, Self.numberRequest, &number) == 0,
            ioctl(master, Self.lockRequest, &locked) == 0
        else { throw Trouble("cannot open a terminal") }
        var size = winsize(ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
        _ = ioctl(master, UInt(TIOCSWINSZ), &size)
        do {
            child = try Child(
                words, environment: environment, streams: .terminal("/dev/pts/\(number)"))
        } catch {
            close(master)
            throw error
        }
    }

    deinit { close(master) }

    /// Everything shown so far, including what the terminal echoed.
    public var transcript: String {
        read()
        return String(decoding: shown, as: UTF8.self).replacing("\r\n", with: "\n")
    }

    /// Types a line and Return.
    public func type(_ line: String) async throws { try await send(line + "\r") }

    /// Types bytes as they are ("\u{3}" is Ctrl-C).
    public func send(_ text: String) async throws {
        var bytes = Array(text.utf8)[...]
        try await patiently("the terminal to take input") {
            read()
            let count = bytes.withUnsafeBytes { write(master, $0.baseAddress, $0.count) }
            if count > 0 { bytes = bytes.dropFirst(count) }
            return bytes.isEmpty ? () : nil
        }
    }

    /// Waits until the text is shown, after everything matched before.
    public func expect(_ text: String, within limit: Duration = .seconds(60)) async throws {
        _ = try await expectAny([text], within: limit)
    }

    /// The same for a question whose answer is not shown. Programs that stop the echo after they
    /// have asked throw away what was typed until then.
    public func expectHidden(_ text: String) async throws {
        try await expect(text)
        try await patiently("the terminal to stop its echo after “\(text)”") {
            var modes = termios()
            return tcgetattr(master, &modes) == 0 && modes.c_lflag & tcflag_t(ECHO) == 0 ? () : nil
        }
    }

    /// Waits until one of the texts is shown, and says which came first.
    public func expectAny(
        _ texts: [String], within limit: Duration = .seconds(60)
    ) async throws -> Int {
        let wanted = texts.map { "“\($0)”" }.joined(separator: " or ")
        let found: Int?
        do {
            found = try await patiently(wanted, within: limit) { () -> Int?? in
                let over = child.status != nil
                read()
                if let which = meet(texts) { return which }
                return over || closed ? .some(nil) : nil
            }
        } catch let trouble as Trouble {
            throw Trouble("\(trouble); the terminal shows:\n\(transcript)")
        }
        guard let found else {
            throw Trouble("the program ended without \(wanted); it showed:\n\(transcript)")
        }
        return found
    }

    /// Waits for the program's end and gives its status.
    public func finish(within limit: Duration = .seconds(60)) async throws -> Int32 {
        do {
            return try await patiently("the end of the program", within: limit) {
                read()
                return child.status
            }
        } catch let trouble as Trouble {
            throw Trouble("\(trouble); the terminal shows:\n\(transcript)")
        }
    }

    /// Reads what the program has written.
    private func read() {
        var part = [UInt8](repeating: 0, count: 16384)
        while !closed {
            let count = Glibc.read(master, &part, part.count)
            if count > 0 {
                shown += part[..<count]
                answer()
            } else {
                // EIO: no program has the terminal open any more.
                closed = count == 0 || (errno != EAGAIN && errno != EINTR)
                return
            }
        }
    }

    private func answer() {
        guard answersQuestions,
            let question = shown[answered...].firstRange(of: Array("\u{1b}[c".utf8))
        else { return }
        answered = question.upperBound
        let answer = Array("\u{1b}[?1;2c".utf8)
        _ = write(master, answer, answer.count)
    }

    /// Finds the first of the texts in what was not matched yet.
    private func meet(_ texts: [String]) -> Int? {
        var first: (which: Int, range: Range<Int>)?
        for (which, text) in texts.enumerated() {
            guard let range = shown[met...].firstRange(of: Array(text.utf8)) else { continue }
            if let first, first.range.lowerBound <= range.lowerBound { continue }
            first = (which, range)
        }
        guard let first else { return nil }
        met = first.range.upperBound
        return first.which
    }
}
