import FleetNetwork
import OTPCore
import OTPWire
import Synchronization

/// What a host decided while no server was reached: which answers are burnt, how many were wrong,
/// and what is still to be told.
///
/// A file, replaced at once or not at all, and on the disk before any yes. It never goes back: a
/// mark beside the key, in another folder, says how new it must be.
public final class Ledger: Sendable {
    /// How many wrong answers close the way for a user.
    public static let mostFailures: UInt32 = 20
    /// How many users can be in it, and how many decisions untold. More are refused.
    static let (mostUsers, mostUntold) = (20_000, 5000)
    /// The longest file, in bytes.
    private static let longest = 4 << 20

    /// What is in the file.
    struct Contents: Codable, Equatable {
        /// Grows by one with each change.
        var serial: UInt64 = 0
        /// The number of the first answer of a user who has none yet.
        var first: UInt64 = 1
        var users: [String: Entry] = [:]
        var untold: [OfflineUse] = []

        /// The highest number that is burnt.
        var highest: UInt64 {
            max(first, users.values.lazy.map(\.next).max() ?? 1) - 1
        }
    }

    /// A user.
    struct Entry: Codable, Equatable {
        /// The number of the next answer; all below are burnt.
        var next: UInt64
        /// Wrong answers since a server was reached.
        var failures: UInt32 = 0
        /// Logins by a recent key since then.
        var logins: UInt32 = 0
    }

    struct State {
        var contents = Contents()
        var key: OfflineKeyFile.Contents?
        /// Why nothing can be decided; `nil` if it can.
        var trouble: FleetProblem?
        /// Whether the last write failed, so that the file may be one behind.
        var isUnsure = false
    }

    let path: String
    let keyFile: OfflineKeyFile
    let state = Mutex(State())

    /// The ledger in `folder`, and the key and the mark in `keys`.
    public init(in folder: String, keys: String) {
        path = "\(folder)/ledger"
        keyFile = OfflineKeyFile(in: keys)
        state.withLock { load(&$0) }
    }

    // MARK: Opening

    private func load(_ state: inout State) {
        state = State()
        do throws(FleetProblem) {
            guard let key = try keyFile.read() else { throw Ledger.noKey }
            state.key = key
            let found = try readFile()
            guard found.serial >= key.mark.serial, found.highest >= key.mark.highest else {
                throw FleetProblem(
                    "\(path) went back: it is at \(found.serial), and was at \(key.mark.serial); "
                        + "if it was restored from a backup, run `swiftotp-agent reopen`")
            }
            state.contents = found
        } catch {
            state.trouble = error
        }
    }

    /// Why nothing can be decided; `nil` if it can.
    public var trouble: String? { state.withLock { $0.trouble?.text } }

    static let noKey = FleetProblem(
        "this host has no key for offline answers yet: it gets one when a server is reached")

    func readFile() throws(FleetProblem) -> Contents {
        guard PrivateFile.exists(path) else {
            throw FleetProblem(
                "\(path) is missing, and it was there; if it is lost, run `swiftotp-agent reopen`")
        }
        guard let contents = Contents(text: try PrivateFile.read(path, upTo: Ledger.longest)) else {
            throw FleetProblem("\(path) is damaged; run `swiftotp-agent reopen`")
        }
        return contents
    }

    // MARK: Decisions

    /// The number of a user's next answer. A name that is nobody's has that of a user who never gave
    /// one.
    public func next(of user: String) throws(FleetProblem) -> UInt64 {
        try reading { (contents, _) in contents.users[user]?.next ?? contents.first }
    }

    /// How an answer ended.
    public enum Verdict: Equatable, Sendable { case granted, wrong, used, closed }

    /// Tries the answer with `number`, and burns it; `now` is in Unix seconds.
    ///
    /// Throws whatever keeps that from being stored. Nobody is let in then, and the number may be
    /// burnt.
    public func judge(
        _ typed: String, number: UInt64, of user: String, origin: String, now: UInt64
    ) throws(FleetProblem) -> Verdict {
        var typed = Array(typed.utf8)
        defer { Secret.wipe(&typed) }
        return try changing { (contents, key) throws(FleetProblem) in
            var entry = contents.users[user] ?? Entry(next: contents.first)
            guard entry.failures < Ledger.mostFailures else { return (.closed, false) }
            guard number == entry.next else { return (.used, false) }
            let name = Array(user.utf8)
            let isRight = OfflineAnswer.isRight(typed.span, of: name, number: number, key: key)
            var use = OfflineUse(
                user: user, kind: .answer, number: number, time: now, origin: origin)
            if isRight, !user.isEmpty {
                guard entry.next < .max else { throw FleetProblem("no number is left") }
                (entry.next, entry.failures) = (entry.next + 1, 0)
                try Ledger.add(use, to: &contents)
            } else {
                // A name that is nobody's costs the same, and is not kept.
                guard !user.isEmpty else { return (.wrong, true) }
                entry.failures += 1
                use.kind = .closed
                if entry.failures == Ledger.mostFailures { try Ledger.add(use, to: &contents) }
            }
            try Ledger.keep(entry, of: user, in: &contents)
            return (isRight ? .granted : .wrong, true)
        }
    }

    /// Counts a login by a recent key; how many of `most` are left, `nil` for none.
    public func countLogin(
        of user: String, most: UInt8, origin: String, now: UInt64
    ) throws(FleetProblem) -> UInt8? {
        guard !user.isEmpty else { return nil }
        return try changing { (contents, _) throws(FleetProblem) in
            var entry = contents.users[user] ?? Entry(next: contents.first)
            guard entry.logins < UInt32(most) else { return (nil, false) }
            entry.logins += 1
            try Ledger.add(
                OfflineUse(user: user, kind: .recentKey, number: 0, time: now, origin: origin),
                to: &contents)
            try Ledger.keep(entry, of: user, in: &contents)
            return (UInt8(clamping: UInt32(most) - entry.logins), true)
        }
    }

    private static func keep(
        _ entry: Entry, of user: String, in contents: inout Contents
    ) throws(FleetProblem) {
        guard contents.users[user] != nil || contents.users.count < mostUsers else {
            throw FleetProblem("the ledger has too many users")
        }
        contents.users[user] = entry
    }

    private static func add(
        _ use: OfflineUse, to contents: inout Contents
    ) throws(FleetProblem) {
        guard contents.untold.count < mostUntold else {
            throw FleetProblem("the ledger has too much that no server was told yet")
        }
        contents.untold.append(use)
    }

    // MARK: Reading and writing

    private func reading<Result>(
        _ body: (Contents, SealKey) throws(FleetProblem) -> Result
    ) throws(FleetProblem) -> Result {
        try state.withLock { (state) throws(FleetProblem) in
            if let trouble = state.trouble { throw trouble }
            guard let key = state.key else { throw Ledger.noKey }
            return try body(state.contents, key.key)
        }
    }

    /// Runs `body` on a copy, and stores that if `body` says so: first the ledger, then the mark.
    /// The other order could leave a mark without its ledger, which looks as if it went back.
    func changing<Result>(
        _ body: (inout Contents, SealKey) throws(FleetProblem) -> (Result, Bool)
    ) throws(FleetProblem) -> Result {
        try state.withLock { (state) throws(FleetProblem) in
            if let trouble = state.trouble { throw trouble }
            guard var key = state.key else { throw Ledger.noKey }
            try compare(&state)
            var contents = state.contents
            let (result, isChanged) = try body(&contents, key.key)
            guard isChanged else { return result }
            guard contents.serial < .max - 1 else { throw FleetProblem("no number is left") }
            contents.serial += 1
            // Whether or not it is stored: what was burnt once is burnt.
            let untold = state.contents.untold
            state.contents = contents
            state.isUnsure = true
            key.mark = OfflineKeyFile.Mark(serial: contents.serial, highest: contents.highest)
            do throws(FleetProblem) {
                try PrivateFile.write(contents.text, at: path)
                try keyFile.write(key)
            } catch {
                // Nobody was let in.
                state.contents.untold = untold
                throw error
            }
            (state.key, state.isUnsure) = (key, false)
            return result
        }
    }

    /// Compares the file with what this process wrote last. Another one would burn numbers that we
    /// do not know of.
    private func compare(_ state: inout State) throws(FleetProblem) {
        let problem: FleetProblem
        do throws(FleetProblem) {
            let found = try readFile()
            let (theirs, ours) = (found.serial, state.contents.serial)
            if theirs == ours || (state.isUnsure && theirs < ours) { return }
            problem = FleetProblem(
                "\(path) is at \(theirs) and should be at \(ours): it was replaced, or another "
                    + "swiftotp-agent uses it")
        } catch {
            problem = error
        }
        state.trouble = problem
        throw problem
    }
}
