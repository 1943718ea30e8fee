import Foundation
import TestSupport

/// Two logins of one user, of which the first is held up in its midst.
struct Pair: Sendable {
    /// Where the first login is held up in the other modules: between looking at the code and
    /// writing down that it was used, or when that is about to be written. In ours it is always the
    /// latter.
    enum Moment { case checked, written }

    let first: Try
    let second: Try
    let theirs: Moment
    var isKilled = false

    init(_ first: Try, _ second: Try, theirs: Moment, isKilled: Bool = false) {
        self.first = first
        self.second = second
        self.theirs = theirs
        self.isKilled = isKilled
    }

    /// How the two end; the second alone where the first one is killed.
    func run(_ module: Module, _ codes: Codes) async throws -> [End] {
        if case .backup = first.answers[0], module == .oath {
            return try Stage(module, codes).play(Case(first, second), .plain).ends
        }
        let scratch = try Scratch(), clock = try StoppedClock(scratch)
        let stall = try Stall(Case(first), module, in: scratch.path, by: clock)
        let held = try Login(first, stall, codes, clock)
        let call = try await call(module, codes, scratch)
        try held.ask()
        let writer = try await held.writer()
        let holder = try await Holder(writer, at: call, scratch)
        try held.answer()
        try await holder.holds()
        if isKilled {
            kill(writer, SIGKILL)
            holder.letGo()
        }
        let other = try Login(second, stall, codes, clock)
        try other.ask()
        try other.answer()
        if module == .ours && !isKilled {
            // It gets the lock when the first one has let go of it.
            try await Task.sleep(for: .milliseconds(100))
            holder.letGo()
        }
        let end = try other.player.end()
        holder.letGo()
        return isKilled ? [end] : [try held.player.end(), end]
    }

    /// The call at which the first login is held up.
    private func call(
        _ module: Module, _ codes: Codes, _ scratch: Scratch
    ) async throws -> Holder.Call {
        switch (module, theirs) {
        case (.ours, _): return Holder.Call(name: "fdatasync")
        case (.google, _), (.oath, .written): return Holder.Call(name: "/^rename")
        case (.oath, .checked):
            // It opens a lock file then. Which of its calls that is, another login tells.
            let clock = try StoppedClock(try Scratch())
            let stall = try Stall(Case(first), module, in: scratch.path, by: clock)
            let login = try Login(first, stall, codes, clock)
            try login.ask()
            let watcher = try await Holder(
                try await login.writer(), at: Holder.Call(name: "openat", number: nil), scratch)
            try login.answer()
            _ = try login.player.end()
            watcher.letGo()
            guard let number = try watcher.number(of: ".lock\"") else {
                throw Trouble("pam_oath opens no lock file")
            }
            return Holder.Call(name: "openat", number: number)
        }
    }

    /// One of the two, with a process of its own.
    private struct Login {
        let player: Player
        private let step: Try
        private let stall: Stall
        private let typed: String

        init(_ step: Try, _ stall: Stall, _ codes: Codes, _ clock: StoppedClock) throws {
            self.step = step
            self.stall = stall
            typed = try codes.texts(step, Act.enrolled, backup: stall.backup)[0] ?? ""
            player = try Player(clock)
        }

        /// The process that writes down what was used.
        func writer() async throws -> pid_t {
            stall.module == .ours ? try await player.service() : try await player.pid()
        }

        func ask() throws {
            try player.beginToAsk(step, service: Stall.service, in: stall.services)
        }

        func answer() throws { try player.answer(typed) }
    }
}
