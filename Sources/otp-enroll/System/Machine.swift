import CLinux
import Glibc
import OTPImport
import OTPStore
import OTPSystem

/// What the commands need from the machine apart from the core: who and where we are, the locale,
/// local time, and complete writes. Together with the other files of this folder, `Operator.swift`,
/// `OwnService.swift`, `Clipboard.swift`, `ForeignFile.swift`, `Interruptions.swift`,
/// `Progress.swift`, `Terminal.swift`, `TerminalModes.swift` and `TerminalQuestion.swift`, and doctor's
/// `LoadedModule.swift`, `KernelClock.swift` and `TrialLogin.swift`, these are the only files of
/// otp-enroll with unsafe code.
enum Machine {
    /// Whether the program runs as root.
    static var isRoot: Bool { geteuid() == 0 }

    /// The UID of the caller.
    static var caller: UInt32 { getuid() }

    /// A variable of the environment; `nil` if it is unset or empty.
    static func environment(_ name: String) -> String? {
        // SAFETY: nothing in this program changes the environment, and the text is copied.
        guard let value = unsafe getenv(name) else { return nil }
        let text = unsafe String(cString: value)
        return text.isEmpty ? nil : text
    }

    /// The machine's host name; `localhost` if it has none.
    static var hostName: String {
        let name = SystemHost.name()
        return name.isEmpty ? "localhost" : String(decoding: name, as: UTF8.self)
    }

    /// The current folder; `nil` if it is gone.
    static var workingFolder: String? {
        // SAFETY: getcwd(3) allocates the text, which is copied and freed once.
        guard let path = unsafe getcwd(nil, 0) else { return nil }
        defer { unsafe free(path) }
        return unsafe String(cString: path)
    }

    /// The program's own file; `nil` if the kernel does not say.
    static var executable: String? { SystemFiles.target(ofLink: "/proc/self/exe") }

    /// Sets the user's locale. To be called once, before anything is written.
    static func adoptLocale() {
        // SAFETY: a literal. The result is ignored: without a locale it stays the C locale.
        _ = unsafe setlocale(LC_CTYPE, "")
    }

    /// Whether the user's terminal understands UTF-8, according to the locale.
    static var speaksUTF8: Bool {
        // SAFETY: the C library's own text, which stays as long as the locale, and is copied.
        if let codeset = unsafe nl_langinfo(nl_item(CODESET)),
            unsafe String(cString: codeset).uppercased() == "UTF-8"
        {
            return true
        }
        // ssh often passes on a locale that this machine does not have; it still describes the
        // terminal at the other end.
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap(environment).first ?? ""
        let codeset = locale.split(separator: ".").dropFirst().first?.split(separator: "@").first
        return ["UTF-8", "UTF8"].contains(codeset?.uppercased())
    }

    /// Opens something on each standard descriptor that the caller left closed: a file opened later
    /// must not become standard output. What is opened has the wrong direction for reading or
    /// writing, so that using it is an error. To be called once, before any file is opened.
    static func fillStandardDescriptors() {
        for number in STDIN_FILENO...STDERR_FILENO where fcntl(number, F_GETFD) < 0 {
            // SAFETY: a literal. The lowest free number is this one.
            let file = unsafe open("/dev/null", number == STDIN_FILENO ? O_WRONLY : O_RDONLY)
            guard file == number else { _exit(unfilled) }
        }
    }

    /// The exit status if that fails (EX_OSERR).
    private static let unfilled: CInt = 71

    /// Keeps secrets out of core dumps, and out of the page that Swift's runtime shows when the
    /// program crashes and its debugger is installed. That page appears at Ctrl-\ as well, and then
    /// asks questions.
    static func forbidCoreDumps() {
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        // SAFETY: reads the local. If it fails, the program goes on without it.
        _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
        for number in [SIGQUIT, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP] {
            _ = signal(number, SIG_DFL)
        }
    }

    /// Ends the program after this number of seconds, without output.
    static func endQuietly(after seconds: UInt32) {
        _ = signal(SIGALRM) { _ in _exit(0) }
        _ = alarm(seconds)
    }

    /// The error of the last failed call, in the words of strerror(3).
    static var lastError: String { SystemError.last.text }

    // MARK: Time

    /// A time in the local time zone: date and time of day.
    static func localTime(_ seconds: UInt64) -> String {
        guard var time = time_t(exactly: seconds) else { return "never" }
        var parts = unsafe tm()
        // SAFETY: both are locals, and `parts` is read only if the call filled it.
        guard unsafe localtime_r(&time, &parts) != nil else { return "never" }
        var text = [CChar](repeating: 0, count: 64)
        // SAFETY: the array's own length is given; the result is the number of bytes written.
        let length = unsafe strftime(&text, text.count, "%Y-%m-%d %H:%M", &parts)
        return String(decoding: text.prefix(length).map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// The Unix seconds of a local time; `nil` if there is no such time.
    static func time(local time: LocalTime) -> UInt64? {
        guard let year = CInt(exactly: time.year - 1900), let month = CInt(exactly: time.month - 1),
            let day = CInt(exactly: time.day), let hour = CInt(exactly: time.hour),
            let minute = CInt(exactly: time.minute), let second = CInt(exactly: time.second)
        else { return nil }
        var parts = unsafe tm()
        unsafe parts.tm_year = year
        unsafe parts.tm_mon = month
        unsafe parts.tm_mday = day
        unsafe parts.tm_hour = hour
        unsafe parts.tm_min = minute
        unsafe parts.tm_sec = second
        // The C library determines whether it was daylight saving time.
        unsafe parts.tm_isdst = -1
        // SAFETY: reads and writes the local.
        return UInt64(exactly: unsafe mktime(&parts))
    }

    // MARK: Writing

    /// Writes all of `bytes` to an open file; `false` if that fails (see `lastError`).
    static func write(_ bytes: [UInt8], to file: CInt) -> Bool {
        var done = 0
        while done < bytes.count {
            // SAFETY: reads at most the bytes after the `done` ones.
            let wrote = unsafe bytes.withUnsafeBytes { buffer in
                let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[done...])
                return unsafe Glibc.write(file, rest.baseAddress, rest.count)
            }
            if wrote > 0 { done += wrote } else if errno != EINTR { return false }
        }
        return true
    }
}
