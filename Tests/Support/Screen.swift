import Foundation

/// A terminal that can be looked at: a tmux session with its own server.
public final class Screen: Sendable {
    private let scratch: Scratch
    private let socket: String

    /// Runs a program on a screen of the given size. `locale` is the program's.
    public init(
        _ words: [String], columns: Int = 80, rows: Int = 24, locale: String = "C.UTF-8",
        environment: [String: String] = [:]
    ) async throws {
        scratch = try Scratch()
        socket = scratch.file("tmux")
        let settings = try scratch.write(
            """
            set -g status off
            set -g default-terminal tmux-256color
            set -g escape-time 0
            """ + "\n", to: "tmux.conf")
        // The screen stays after the program has ended, to show its last output. The status goes to
        // a file: tmux sometimes misses the end of a program.
        let script = #"trap : INT QUIT; "$@"; echo $? >"$0"; exec sleep infinity"#
        let variables = environment.merging(["LC_ALL": locale]) { $1 }.map { "\($0)=\($1)" }
        try await Command.output(
            [
                "tmux", "-u", "-S", socket, "-f", settings, "new-session", "-d",
                "-x", String(columns), "-y", String(rows), "env",
            ] + variables.sorted() + ["sh", "-c", script, scratch.file("status")] + words)
    }

    private func tmux(_ words: String...) async throws -> String {
        try await Command.output(["tmux", "-u", "-S", socket] + words)
    }

    /// What the screen shows now, as plain text.
    public func text() async throws -> String { try await tmux("capture-pane", "-p") }

    /// What the screen shows now, with colors, even of spaces at the end of a line (-N).
    public func colors() async throws -> String {
        try await tmux("capture-pane", "-e", "-p", "-N")
    }

    /// Everything shown so far, including what has scrolled away.
    public func history() async throws -> String {
        try await tmux("capture-pane", "-p", "-J", "-S", "-")
    }

    /// Points a camera at the screen: the text of the QR code on it.
    public func scan(theme: Picture.Theme = .dark) async throws -> String? {
        try await Camera.read(try await colors(), theme: theme)
    }

    /// Waits until a camera sees a QR code on the screen: a phone with the key in it.
    public func phone(within limit: Duration = .seconds(40)) async throws -> Phone {
        let clock = ContinuousClock(), end = clock.now + limit
        while clock.now < end {
            if let uri = try await scan() { return try Phone(scanning: uri) }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw Trouble("the camera sees no QR code:\n\(try await text())")
    }

    /// Waits until the screen shows ten backup codes, and reads them.
    public func backupCodes(within limit: Duration = .seconds(40)) async throws -> [String] {
        let clock = ContinuousClock(), end = clock.now + limit
        while clock.now < end {
            let codes = try await text().matches(of: #/\b[0-9A-Z]{5}(-[0-9A-Z]{5}){2}\b/#)
            if codes.count == 10 { return codes.map { String($0.output.0) } }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw Trouble("there are not ten backup codes:\n\(try await text())")
    }

    /// Types a line and Return.
    public func type(_ line: String) async throws {
        if !line.isEmpty { _ = try await tmux("send-keys", "-l", "--", line) }
        try await press("Enter")
    }

    /// Presses a key by its tmux name ("C-c", "Enter", "Escape").
    public func press(_ key: String) async throws { _ = try await tmux("send-keys", key) }

    /// Changes the size of the screen.
    public func resize(columns: Int, rows: Int) async throws {
        _ = try await tmux("resize-window", "-x", String(columns), "-y", String(rows))
    }

    /// Waits until the screen shows the text; returns the whole screen.
    @discardableResult
    public func wait(for text: String, within limit: Duration = .seconds(40)) async throws -> String
    {
        let clock = ContinuousClock(), end = clock.now + limit
        while true {
            let shown = try await self.text()
            if shown.contains(text) { return shown }
            let over = status != nil
            if over, try await self.text().contains(text) { return try await self.text() }
            guard !over, clock.now < end else {
                throw Trouble("“\(text)” did not come\(over ? " (ended)" : ""):\n\(shown)")
            }
            try await Task.sleep(for: .milliseconds(60))
        }
    }

    /// The program's exit status, or 128 + signal; nil while it runs.
    public var status: Int32? {
        guard let text = try? String(contentsOfFile: scratch.file("status"), encoding: .utf8)
        else { return nil }
        return Int32(text.prefix { $0.isNumber })
    }

    /// Waits for the program's end and gives its status.
    public func finish(within limit: Duration = .seconds(40)) async throws -> Int32 {
        do {
            return try await patiently("the end of the program", within: limit) { status }
        } catch let trouble as Trouble {
            throw Trouble("\(trouble); the screen shows:\n\(try await text())")
        }
    }

    /// Ends the session; a screen without an owner ends as well.
    public func close() async { _ = try? await tmux("kill-server") }

    deinit {
        // Nobody waits here: the server ends on its own time, or with the ground.
        let words = ["tmux", "-S", socket, "kill-server"]
        let scratch = scratch
        Task.detached {
            _ = try? await Command.run(words)
            withExtendedLifetime(scratch) {}
        }
    }
}
