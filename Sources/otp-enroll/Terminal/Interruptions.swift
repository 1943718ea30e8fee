import CLinux
import Glibc

/// The signals that end a program or resize its terminal, blocked and polled, so that a terminal
/// can be restored before the program ends.
struct Interruptions: ~Copyable {
    private let held: sigset_t
    private let before: sigset_t

    private static let signals = [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGWINCH]

    /// How often to poll while waiting for something else, in milliseconds.
    static let pace: CInt = 50

    /// Blocks the signals until the value is gone.
    init() throws {
        var (held, before) = (sigset_t(), sigset_t())
        // SAFETY: a local that the calls fill.
        _ = unsafe sigemptyset(&held)
        // SAFETY: as above.
        for signal in Interruptions.signals { _ = unsafe sigaddset(&held, signal) }
        // SAFETY: reads one local and fills the other.
        guard unsafe sigprocmask(SIG_BLOCK, &held, &before) == 0 else {
            throw Failure("signals cannot be held back: \(Machine.lastError)")
        }
        self.held = held
        self.before = before
    }

    /// The next pending signal; `nil` if there is none.
    func next() -> CInt? {
        var held = held
        var noTime = timespec()
        // SAFETY: reads two locals.
        let signal = unsafe sigtimedwait(&held, nil, &noTime)
        return signal > 0 ? signal : nil
    }

    /// Whether a pending signal asks the program to end.
    func endIsAsked() -> Bool {
        while let signal = next() {
            if Interruptions.ends(signal) { return true }
        }
        return false
    }

    /// Whether a signal asks the program to end. Ctrl-Z does nothing: a stopped program would leave
    /// the key on the screen.
    static func ends(_ signal: CInt) -> Bool { signal != SIGWINCH && signal != SIGTSTP }

    deinit {
        // Signals that came too late to change anything must not end the program now.
        while next() != nil {}
        var before = before
        // SAFETY: reads the local.
        _ = unsafe sigprocmask(SIG_SETMASK, &before, nil)
    }
}
