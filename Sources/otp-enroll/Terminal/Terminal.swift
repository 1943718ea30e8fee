import CLinux
import Glibc
import OTPCore

/// The terminal on stdin and stdout.
enum Terminal {
    /// Whether a user can read and type there.
    static var isThere: Bool { isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1 }

    /// Whether somebody can be asked there; a script is not.
    static var canAsk: Bool { isatty(STDIN_FILENO) == 1 }

    /// Whether it does not understand escape sequences.
    static var isDumb: Bool { ["dumb", nil].contains(Machine.environment("TERM")) }

    /// Whether it is inside tmux or screen, or is the kernel's own.
    static var isDivided: Bool {
        let name = Machine.environment("TERM") ?? ""
        return ["TMUX", "STY"].contains { Machine.environment($0) != nil }
            || ["tmux", "screen", "linux"].contains(where: name.hasPrefix)
    }

    /// Whether stdout is a terminal, so that somebody reads it now.
    static let isOutput = isatty(STDOUT_FILENO) == 1

    /// Whether stdout is a terminal with colors, and nobody has turned them off.
    static let hasColors =
        isOutput && !isDumb && Machine.environment("NO_COLOR") == nil && !isMonochrome

    /// Whether its name stands for a monochrome terminal, such as `xterm-mono` and `linux-m`.
    private static var isMonochrome: Bool {
        Machine.environment("TERM").map { $0.hasSuffix("-m") || $0.hasSuffix("-mono") } ?? true
    }

    /// The width for lines on stdout: the terminal's, or no limit for a file.
    static var outputColumns: Int { isOutput ? size.columns : .max }

    /// The width at which to wrap text.
    static var textWidth: Int { min(outputColumns, 80) - 1 }

    /// Columns and rows; 80 and 24 if unknown.
    static var size: (columns: Int, rows: Int) {
        var size = winsize()
        // SAFETY: the call fills the local.
        let status = unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size)
        guard status == 0, size.ws_col > 0, size.ws_row > 0 else { return (80, 24) }
        return (Int(size.ws_col), Int(size.ws_row))
    }

    /// The size of a character; `nil` if unknown.
    static var cell: TerminalCell? {
        var size = winsize()
        // SAFETY: the call fills the local.
        let status = unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size)
        guard status == 0, size.ws_col > 0, size.ws_row > 0 else { return nil }
        return TerminalCell(
            width: Int(size.ws_xpixel / size.ws_col), height: Int(size.ws_ypixel / size.ws_row))
    }

    // MARK: Plain questions

    /// Asks a question if stdin is a terminal, and reads one line, without its end. The caller
    /// wipes it.
    static func readAnswer(_ question: String) -> [UInt8] {
        if isatty(STDIN_FILENO) == 1 { ask(question) }
        return readLine()
    }

    /// Asks for a yes if stdin is a terminal. A script is not asked.
    static func agrees(_ question: String) -> Bool {
        guard canAsk else { return true }
        ask(question + " [y/N] ")
        let answer = String(decoding: readLine(), as: UTF8.self).lowercased()
        return ["y", "yes"].contains(answer.filter { $0 != " " })
    }

    private static func ask(_ question: String) {
        // On stderr, so that stdout has only the result.
        _ = Machine.write(Array(question.utf8), to: STDERR_FILENO)
    }

    /// One line of at most 4096 bytes, read byte by byte so that the rest is left for others.
    private static func readLine() -> [UInt8] {
        var line: [UInt8] = []
        line.reserveCapacity(4096)
        while line.count < 4096 {
            var byte: UInt8 = 0
            // SAFETY: one byte into a local.
            let count = unsafe read(STDIN_FILENO, &byte, 1)
            if count < 0 && errno == EINTR { continue }
            if count <= 0 || byte == UInt8(ascii: "\n") { break }
            line.append(byte)
        }
        return line
    }

    // MARK: A screen of its own

    /// The result of waiting for a line.
    enum Input {
        /// A line, without its end. The receiver wipes it.
        case line([UInt8])
        /// The terminal has another size.
        case resized
        /// Ctrl-D, Ctrl-C, a closed window, or another end.
        case ended
    }

    /// Waits for a line or a signal.
    static func nextInput(_ interruptions: borrowing Interruptions) -> Input {
        var line: [UInt8] = []
        line.reserveCapacity(4096)
        while true {
            if let signal = interruptions.next() {
                if Interruptions.ends(signal) { return .ended }
                if signal == SIGWINCH {
                    // What was typed of a line is gone from the screen, so discard it.
                    _ = tcflush(STDIN_FILENO, TCIFLUSH)
                    return .resized
                }
            }
            var file = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
            // SAFETY: one local.
            let ready = unsafe poll(&file, 1, Interruptions.pace)
            if ready < 0 && errno != EINTR { return .ended }
            guard ready > 0 else { continue }
            var byte: UInt8 = 0
            // SAFETY: one byte into a local.
            let count = unsafe read(STDIN_FILENO, &byte, 1)
            if count < 0 && errno == EINTR { continue }
            if count <= 0 { return .ended }
            if byte == UInt8(ascii: "\n") { return .line(line) }
            if line.count < 4096 { line.append(byte) }
        }
    }

    /// Switches to the alternate screen, which has no scrollback. A terminal without one shows the
    /// same on its only screen.
    static func enterScreen() {
        if !isDumb { write("\u{1b}[?1049h") }
    }

    /// Shows `text` alone on the screen, and wipes it. `removal` removes an earlier picture.
    static func show(_ text: inout [UInt8], _ removal: String) {
        defer { Secret.wipe(&text) }
        write(removal)
        if !isDumb { write("\u{1b}[H\u{1b}[2J") }
        _ = Machine.write(text, to: STDOUT_FILENO)
    }

    /// Removes what was shown, and restores the screen. `removal` removes a picture from the
    /// terminal's memory.
    static func leaveScreen(_ removal: String) {
        write(removal)
        if isDumb {
            write("\n(This terminal cannot clear the key from the screen: do it yourself.)\n")
        } else {
            write("\u{1b}[0m\u{1b}[H\u{1b}[2J\u{1b}[?1049l")
        }
    }

    private static func write(_ text: String) {
        // A terminal that is gone shows nothing.
        _ = Machine.write(Array(text.utf8), to: STDOUT_FILENO)
    }
}
