import CLinux
import Glibc

/// How the terminal on stdin was, before another program changed it and perhaps was killed.
struct TerminalModes {
    private let modes: termios

    /// `nil` if there is no terminal.
    init?() {
        var modes = termios()
        // SAFETY: a local that the call fills.
        guard unsafe tcgetattr(STDIN_FILENO, &modes) == 0 else { return nil }
        self.modes = modes
    }

    func restore() {
        var modes = modes
        // SAFETY: reads a local. A terminal that is gone needs nothing.
        _ = unsafe tcsetattr(STDIN_FILENO, TCSADRAIN, &modes)
    }
}
