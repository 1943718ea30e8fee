import CLinux
import Glibc
import OTPCore

/// Asks the terminal what it can show.
enum TerminalQuestion {
    /// How long to wait for the answers, in milliseconds: they may have to cross the network.
    private static let patience: CInt = 1000
    /// The maximum length of the answers, in bytes.
    private static let most = 4096

    /// The answers; `nil` if nothing was asked. Later ones are removed from typed text
    /// (`TerminalAnswers.removed`).
    static func ask() -> TerminalAnswers? {
        var before = termios()
        // SAFETY: fills the local.
        guard unsafe tcgetattr(STDIN_FILENO, &before) == 0 else { return nil }
        var quiet = before
        // Answers come without an end of line, and must not be echoed.
        quiet.c_lflag &= ~tcflag_t(ICANON | ECHO)
        // SAFETY: reads the local.
        guard unsafe tcsetattr(STDIN_FILENO, TCSANOW, &quiet) == 0 else { return nil }
        _ = Machine.write(TerminalAnswers.questions, to: STDOUT_FILENO)
        let answers = answers()
        // If some are still to come, those already received are dropped.
        // SAFETY: reads the local.
        _ = unsafe tcsetattr(STDIN_FILENO, answers.isComplete ? TCSANOW : TCSAFLUSH, &before)
        return answers
    }

    private static func answers() -> TerminalAnswers {
        var bytes: [UInt8] = []
        let clock = ContinuousClock()
        let end = clock.now + .milliseconds(patience)
        while bytes.count < most {
            let answers = TerminalAnswers(bytes)
            let left = clock.now.duration(to: end) / .milliseconds(1)
            guard !answers.isComplete, left > 0 else { return answers }
            var file = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
            // SAFETY: one local.
            let ready = unsafe poll(&file, 1, CInt(left.rounded(.up)))
            if ready < 0, errno == EINTR { continue }
            var byte: UInt8 = 0
            // SAFETY: one byte into a local.
            guard ready > 0, unsafe read(STDIN_FILENO, &byte, 1) == 1 else { return answers }
            bytes.append(byte)
        }
        return TerminalAnswers(bytes)
    }
}
