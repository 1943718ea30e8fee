import CLinux
import Glibc
import OTPCore

/// A progress bar on stderr for work on many items, for users at a terminal; a count if the total
/// is unknown. It appears after a second, and is removed when the work is done or has failed.
struct Progress: ~Copyable {
    private let title: String
    private let total: Int?
    private let columns: Int
    private var done = 0
    private var nextDrawing: ContinuousClock.Instant?
    private var isDrawn = false

    /// How long work may take before anything is shown.
    private static let patience = Duration.seconds(1)
    /// The time between two updates.
    private static let pace = Duration.milliseconds(100)
    private static let barWidth = 30

    /// Begins work on `total` items; `title` says what is done, such as `Reading records`.
    init(_ title: String, of total: Int? = nil, isShown: Bool = true) {
        self.title = title
        self.total = total
        let isTerminal = isShown && isatty(STDERR_FILENO) == 1 && !Terminal.isDumb
        columns = isTerminal ? Progress.terminalColumns : 0
        nextDrawing = ContinuousClock.now + Progress.patience
    }

    /// Runs `body` for each of some items.
    static func through<Items: Collection>(
        _ title: String, _ items: Items, _ body: (Items.Element) throws -> Void
    ) rethrows {
        var progress = Progress(title, of: items.count)
        defer { progress.finish() }
        for item in items {
            try body(item)
            progress.advance()
        }
    }

    /// Counts one item as done.
    mutating func advance() {
        done += 1
        guard columns > 0, let moment = nextDrawing else { return }
        let now = ContinuousClock.now
        guard now >= moment else { return }
        nextDrawing = now + Progress.pace
        isDrawn = true
        Progress.write("\r\u{1b}[K" + bar)
    }

    /// Removes the bar, before anything else is written to the terminal.
    mutating func finish() {
        if isDrawn { Progress.write("\r\u{1b}[K") }
        isDrawn = false
        nextDrawing = nil
    }

    deinit {
        if isDrawn { Progress.write("\r\u{1b}[K") }
    }

    /// `Reading records  [######            ] 20% of 100000`, as far as it fits the terminal.
    private var bar: String {
        // The last column stays free: some terminals begin a new line there.
        String(Columns.prefix(text[...], columns - 1))
    }

    private var text: String {
        guard let total else { return "\(title)  \(done)" }
        let part = total > 0 ? min(1, Double(done) / Double(total)) : 1
        let filled = Int(part * Double(Progress.barWidth))
        let bar =
            String(repeating: "#", count: filled)
            + String(repeating: " ", count: Progress.barWidth - filled)
        return "\(title)  [\(bar)] \(Int(part * 100))% of \(total)"
    }

    /// The width of the terminal on stderr; 80 if unknown.
    private static var terminalColumns: Int {
        var size = winsize()
        // SAFETY: the call fills the local.
        let status = unsafe ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size)
        return status == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
    }

    private static func write(_ text: String) {
        // A terminal that is gone shows nothing.
        _ = Machine.write(Array(text.utf8), to: STDERR_FILENO)
    }
}
