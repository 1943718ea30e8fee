import Foundation
import TestSupport

@testable import OTPCore
@testable import OTPStore

/// A store whose power can be cut: everything that is done to it is recorded, call by call.
final class RecordedStore {
    let scratch: Scratch
    /// The folder that stands for the disk, and the store in it.
    let disk: String, store: String
    /// What was on the disk at the beginning, and what has happened to it since.
    private(set) var start: PowerDisk.Picture
    private(set) var events: [PowerTrace.Event] = []
    /// The codes that somebody was let in by, each with how much had happened by then.
    private(set) var used: [(code: UsedCode, after: Int)] = []
    private var recordings = 0

    /// A code that must never count again.
    struct UsedCode {
        let user: UInt32
        let code: String
        let time: UInt64
    }

    /// A disk with nothing on it but `picture`.
    init(_ picture: PowerDisk.Picture = PowerDisk.Picture()) throws {
        scratch = try Scratch()
        disk = try scratch.folder("disk", mode: 0o755)
        store = disk + "/store"
        _ = try scratch.folder("pam.d")
        start = picture
        try picture.put(in: disk)
    }

    /// A disk with a store of a user who is enrolled, which was made long ago. The record is as
    /// large as records get, so that its slots have many sectors.
    static func enrolled(_ user: String = "daemon") throws -> (RecordedStore, Phone, [String]) {
        let recorded = try RecordedStore()
        let (phone, codes) = try Enrolled.enroll(user, in: recorded.store)
        try recorded.fill(user)
        try recorded.begin()
        return (recorded, phone, codes)
    }

    /// Fills a record with devices, keys and events.
    private func fill(_ name: String) throws {
        guard let user = try SystemUsers().user(named: Array(name.utf8)),
            let session = try Store(path: Array(store.utf8)).open(user)
        else { throw Trouble("no record of \(name)") }
        defer { session.close() }
        let now = UInt64(Date().timeIntervalSince1970), text = [UInt8](repeating: 0x78, count: 64)
        for number in 1...4 {
            let name = Name("another-device-of-this-person-\(number)".utf8)
            guard let name, let device = Authenticator(name: name, added: now) else { continue }
            let key = try SystemRandom().bytes(64)
            session.withRecord { try? $0.add(device, key: key.span) }
        }
        for number: UInt8 in 1...7 {
            guard let name = Name("ssh-key-number-\(number)".utf8) else { continue }
            let print = [UInt8](repeating: number, count: 32)
            _ = session.withRecord {
                $0.trust(print, named: name, at: now, days: 30, most: 8, from: Array(text[..<39]))
            }
        }
        session.withRecord { record in
            for _ in 0..<12 {
                record.note(Event(.verified, at: now, detail: text, origin: text))
            }
        }
        try session.commit()
    }

    /// From here on: what is there now has long been on the disk.
    func begin() throws { (start, events, used) = (try .init(of: disk), [], []) }

    // MARK: What is done to it

    /// A login with these answers; `nil` where `inject`, words for strace, ended it.
    @discardableResult
    func login(
        _ user: String, _ answers: [String], _ arguments: String = "", with more: [String] = [],
        service: String = "login", inject: [String] = []
    ) async throws -> DialogueResult? {
        let stack = try stack(arguments, service: service)
        let time = UInt64(Date().timeIntervalSince1970)
        var result: DialogueResult?
        try await record(inject) { around in
            do {
                result = try await stack.login(user, answers, with: more, around: around)
            } catch {
                if inject.isEmpty { throw error }
            }
        }
        if result?.name == "PAM_SUCCESS", let code = answers.first {
            try use(code, of: user, at: time)
        }
        return result
    }

    /// A stack for this store. All codes of some minutes count, so that no test has to wait.
    func stack(_ arguments: String = "", service: String = "login") throws -> Stack {
        try Stack(scratch, "store=\(store) window=10 \(arguments)", service: service)
    }

    /// `otp-enroll` with these words, however it ends.
    func run(
        _ words: [String], input: String = "", inject: [String] = []
    ) async throws -> Command {
        var done: Command?
        try await record(inject) { around in
            done = try await Command.run(
                around + [Build.product("otp-enroll")] + words + ["--store", store], input: input)
        }
        guard let done else { throw Trouble("nothing was run") }
        return done
    }

    /// `otp-enroll` with these words, which has to do it.
    func command(_ words: String..., input: String = "") async throws {
        let done = try await run(words, input: input)
        guard done.status == 0 else { throw Trouble("\(words): \(done.status) \(done.errors)") }
    }

    /// The same with `--json`, and what it told.
    func told(_ words: String...) async throws -> [String: Any] {
        let done = try await run(words + ["--json"])
        guard done.status == 0 else { throw Trouble("\(words): \(done.status) \(done.errors)") }
        let object = try JSONSerialization.jsonObject(with: Data(done.output.utf8))
        guard let members = object as? [String: Any] else { throw Trouble(done.output) }
        return members
    }

    /// A login that is a conversation.
    func talk(
        _ user: String, _ arguments: String, _ body: (InteractiveLogin) async throws -> Void
    ) async throws {
        let stack = try stack(arguments, service: "sshd")
        try await record { around in
            let talk = try InteractiveLogin(stack, user: user, LoginKey().login, around: around)
            try await body(talk)
            try talk.reply("quit")
            try await talk.finish()
        }
    }

    /// Somebody was let in by this code of this moment.
    func use(_ code: String, of name: String, at time: UInt64) throws {
        guard let user = try SystemUsers().user(named: Array(name.utf8)) else {
            throw Trouble("no user \(name)")
        }
        used.append((UsedCode(user: user.uid, code: code, time: time), events.count))
    }

    private var trace: String { scratch.file("trace-\(recordings)") }

    private func record(
        _ inject: [String] = [], _ body: ([String]) async throws -> Void
    ) async throws {
        recordings += 1
        try await body(PowerTrace.words(to: trace, inject))
        events += try PowerTrace.read(trace, below: disk)
        // Whether the record of it all is right, and lacks nothing.
        var disk = PowerDisk(start)
        for event in events { try disk.take(event) }
        let real = try PowerDisk.Picture(of: self.disk)
        guard disk.now == real else {
            let wrong = Set(disk.now.files.keys).symmetricDifference(real.files.keys)
            throw Trouble("what was recorded is not what there is: \(wrong)")
        }
    }
}

extension Phone {
    /// The codes of now and of so many steps in all, one after the other, however long that takes.
    func codes(_ count: Int) async throws -> [String] {
        let now = Int(Date().timeIntervalSince1970)
        var codes: [String] = []
        for step in 0..<count { codes.append(try await code(at: now + step * period)) }
        return codes
    }
}

extension PowerTrace.Event {
    /// Whether somebody was told what they may count on: the end of a login or of a command, or
    /// the backup codes of who was just enrolled. A question alone promises nothing, and neither
    /// does who says that something could not be checked or kept.
    var isPromise: Bool {
        guard case .said(let text) = self else { return false }
        if text.contains("\"event\":\"prompt\"") { return text.contains("shown only now") }
        return !["PAM_AUTHINFO_UNAVAIL", "could not be trusted"].contains { text.contains($0) }
    }
}

extension PowerDisk.Picture {
    /// What is in a folder.
    init(of folder: String) throws {
        let files = FileManager.default
        for path in try files.subpathsOfDirectory(atPath: folder) {
            if let bytes = files.contents(atPath: "\(folder)/\(path)") {
                self.files["/" + path] = Array(bytes)
            } else {
                folders.insert("/" + path)
            }
        }
    }

    /// Puts all of it into a folder, and nothing else.
    func put(in folder: String) throws {
        let files = FileManager.default
        for name in try files.contentsOfDirectory(atPath: folder) {
            try files.removeItem(atPath: "\(folder)/\(name)")
        }
        for path in folders.sorted() {
            guard mkdir(folder + path, 0o700) == 0 else { throw Trouble("no folder \(path)") }
        }
        for (path, bytes) in self.files {
            let file = open(folder + path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
            defer { close(file) }
            guard file >= 0, write(file, bytes, bytes.count) == bytes.count else {
                throw Trouble("cannot write \(path)")
            }
        }
    }
}
