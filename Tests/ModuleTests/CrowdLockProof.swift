import Foundation
import OTPCore
import TestSupport
import Testing

/// Somebody with the rights of root who holds locks and never lets go: everybody waits for so
/// long and no longer, is denied, and gets in once the lock is free.
@Suite("Locks that are held for ever", .timeLimit(.minutes(60)))
struct CrowdLockProof {
    /// The wait for a lock; what comes on top of it is a busy machine's.
    private static let wait = 9.5...30.0
    private static let reason = "another process has held its lock for too long"
    private static let sentence =
        "The code cannot be checked right now. Please tell your administrator."

    /// One of the logins that meet the lock.
    private struct Try: Sendable {
        let arguments: String
        let answer: String
        /// How many questions come before the lock.
        let prompts: Int
        /// What it ends in once the lock is free.
        let after: String
    }

    /// Who looks first whether there is a record only reads, and meets the lock before the question
    /// where a writer holds it.
    private static func tries(_ enrolled: Enrolled, _ phone: Phone, shared: Bool) async throws
        -> [Try]
    {
        let codes = enrolled.backupCodes, early = shared ? 1 : 0
        let code = try await phone.code(), wrong = try await phone.wrongCode()
        return [
            Try(arguments: "", answer: code, prompts: 1, after: "PAM_SUCCESS"),
            Try(arguments: "", answer: wrong, prompts: 1, after: "PAM_AUTH_ERR"),
            Try(arguments: "retry=3", answer: codes[0], prompts: 1, after: "PAM_SUCCESS"),
            Try(arguments: "nullok", answer: codes[1], prompts: early, after: "PAM_SUCCESS"),
            Try(
                arguments: "enroll=require", answer: codes[2], prompts: early,
                after: "PAM_SUCCESS"),
        ]
    }

    /// One login, and how long it took; the log has to know why it was denied.
    private func time(
        _ enrolled: Enrolled, _ arguments: String, _ answers: [String], service: String,
        prompts: Int
    ) async throws -> Double {
        let log = try SystemLog.shared()
        let mark = Address.unique()
        let stack = try enrolled.stack(arguments, service: service)
        let watch = Stopwatch(enrolled.scratch)
        let result = try await stack.login(
            enrolled.user, answers, with: ["rhost \(mark)"] + LoginKey().login,
            around: watch.around)
        let waited = try watch.seconds
        #expect(result.name == "PAM_AUTHINFO_UNAVAIL", "\(arguments): \(result)")
        #expect(result.prompts == prompts && result.said == [Self.sentence], "\(arguments)")
        #expect(Self.wait.contains(waited), "\(arguments): \(waited) s")
        let line = try await log.line(containing: "rhost=\(mark)")
        #expect(line.text.contains(Self.reason), "\(line.text)")
        return waited
    }

    @Test(
        "Logins: all wait for ten seconds, are denied and logged, and get in once it is free",
        arguments: [false, true])
    func logins(shared: Bool) async throws {
        let enrolled = try Enrolled()
        try await enrolled.trust(LoginKey())
        let phone = try enrolled.renewKey(), before = try enrolled.bytes
        let holder = try Holder([enrolled.recordFile], shared: shared)
        let tries = try await Self.tries(enrolled, phone, shared: shared)
        let waits = try await withThrowingTaskGroup(of: Double.self) { group in
            for (number, one) in tries.enumerated() {
                group.addTask {
                    try await time(
                        enrolled, one.arguments, [one.answer], service: "login-\(number)",
                        prompts: one.prompts)
                }
            }
            group.addTask {
                try await time(enrolled, "trust=key", [], service: "trusted", prompts: 0)
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(try enrolled.bytes == before)
        holder.end()
        // What was denied has used up nothing: the same answers are good now.
        for one in try await Self.tries(enrolled, phone, shared: shared) {
            let result = try await enrolled.stack(one.arguments).login(
                enrolled.user, [one.answer], with: LoginKey().login)
            #expect(result.name == one.after, "\(one.arguments): \(result)")
        }
        let kind = shared ? "reader" : "writer"
        try Proof.tell(
            "Many at once", "a \(kind) who never lets go of the lock",
            String(
                format: "%d logins, denied after %.1f to %.1f s, and let in once it was free",
                waits.count, waits.min() ?? 0, waits.max() ?? 0))
    }

    @Test("Commands: all wait for ten seconds, change nothing and say why")
    func commands() async throws {
        let enrolled = try Enrolled(), user = enrolled.user
        let before = try enrolled.bytes
        let holder = try Holder([enrolled.recordFile])
        let commands = [
            ["status", user], ["verify", user], ["codes", user, "--yes"],
            ["remove", user, "phone", "--yes"], ["disable", user, "--yes"],
            ["reset", user, "--yes"], ["unlock", user], ["issue", user],
            ["issue", user, "--revoke"], ["add", user, "--no-confirm"], ["resync", user],
            ["trusted", user, "--revoke-all"],
        ]
        let clerks = commands.map { words in
            Task {
                let watch = Stopwatch(enrolled.scratch)
                let end = try await enrolled.otpEnroll(
                    words, input: "123456\n123457\n", around: watch.around)
                return (end, try watch.seconds)
            }
        }
        var waits: [Double] = []
        for (words, clerk) in zip(commands, clerks) {
            let (end, waited) = try await clerk.value
            #expect(end.status == 1, "\(words): \(end.output)")
            #expect(
                end.errors.hasPrefix("otp-enroll: \(try enrolled.recordFile): \(Self.reason)"),
                "\(words): \(end.errors)")
            #expect(Self.wait.contains(waited), "\(words): \(waited) s")
            waits.append(waited)
        }
        #expect(try enrolled.bytes == before)
        holder.end()
        for words in [["unlock", user], ["codes", user, "--yes"], ["reset", user, "--yes"]] {
            let end = try await enrolled.otpEnroll(words)
            #expect(end.status == 0, "\(words): \(end.errors)")
        }
        try Proof.tell(
            "Many at once", "the same, and otp-enroll",
            String(
                format: "%d commands, refused after %.1f to %.1f s", waits.count,
                waits.min() ?? 0, waits.max() ?? 0))
    }

    @Test("A program that is not root: the service waits for it, and no longer")
    func service() async throws {
        let host = try await ForeignHost()
        let enrolled = host.enrolled, before = try enrolled.bytes
        let holder = try Holder([enrolled.recordFile])
        let watch = Stopwatch(enrolled.scratch)
        let code = try await enrolled.phone.code()
        let result = try await host.stack.login(
            enrolled.user, [code], around: watch.around + host.around)
        #expect(result.name == "PAM_AUTHINFO_UNAVAIL" && result.said == [Self.sentence])
        let waited = try watch.seconds
        #expect(Self.wait.contains(waited), "\(waited) s")
        #expect(try enrolled.bytes == before)
        holder.end()
        let again = try await host.stack.login(
            enrolled.user, [enrolled.backupCodes[0]], around: host.around)
        #expect(again.name == "PAM_SUCCESS")
    }

    @Test("A try counts from when it is made, not from when it began to wait for the lock")
    func time() async throws {
        let enrolled = try Enrolled(), crowd = try Crowd(1, enrolled)
        let holder = try Holder([enrolled.recordFile])
        try crowd.gather(1)
        try crowd.answer([try await enrolled.wrongCode()])
        try await Task.sleep(for: .milliseconds(2100))
        let free = UInt64(Date().timeIntervalSince1970)
        holder.end()
        #expect(try crowd.results(1).map(\.name) == ["PAM_AUTH_ERR"])
        #expect(try enrolled.read { $0.throttle.shared.failures } == 1)
        #expect(try enrolled.read { $0.throttle.shared.last } >= free)
    }

    @Test("A decoy's lock keeps those waiting who have no record, and nobody else")
    func decoys() async throws {
        let enrolled = try Enrolled(), stack = try enrolled.stack()
        // The first one makes them all.
        #expect(try await stack.login("nobody-of-this-name", ["123456"]).name == "PAM_AUTH_ERR")
        let decoys = try FileManager.default.contentsOfDirectory(atPath: enrolled.store)
            .filter { $0.hasPrefix("decoy-") }.map { "\(enrolled.store)/\($0)" }
        #expect(decoys.count == 256)
        let holder = try Holder(decoys)
        async let stranger = stack.login("nobody-of-this-name", ["123456"])
        let watch = Stopwatch(enrolled.scratch)
        let result = try await stack.login(
            enrolled.user, [try await enrolled.phone.code()], around: watch.around)
        #expect(try result.name == "PAM_SUCCESS" && watch.seconds < 9.5)
        #expect(try await stranger.name == "PAM_AUTHINFO_UNAVAIL")
        holder.end()
        #expect(try await stack.login("nobody-of-this-name", ["123456"]).name == "PAM_AUTH_ERR")
    }

    @Test("Locks on everything else that there is keep nobody waiting")
    func otherLocks() async throws {
        let enrolled = try Enrolled(), stack = try enrolled.stack("conf=CONF")
        let configuration = try enrolled.scratch.write("window = 1\n", to: "CONF", mode: 0o644)
        let service = "\(stack.folder)/\(stack.service)"
        let text = try String(contentsOfFile: service, encoding: .utf8)
        try enrolled.scratch.write(
            text.replacing("=CONF", with: "=\(configuration)"), to: "pam.d/\(stack.service)",
            mode: 0o644)
        let leftover = try enrolled.scratch.write("", to: "store/new.0123456789abcdef")
        let holder = try Holder([
            enrolled.store, enrolled.store + "/seal.key", leftover, configuration, service,
            try Build.module(),
        ])
        for (answer, name) in [
            (try await enrolled.phone.code(), "PAM_SUCCESS"),
            (enrolled.backupCodes[0], "PAM_SUCCESS"), (enrolled.backupCodes[0], "PAM_AUTH_ERR"),
        ] {
            let watch = Stopwatch(enrolled.scratch)
            let result = try await stack.login(enrolled.user, [answer], around: watch.around)
            #expect(try result.name == name && watch.seconds < 9.5)
        }
        for words in [["unlock", enrolled.user], ["add", "games", "--no-confirm"], ["list"]] {
            let watch = Stopwatch(enrolled.scratch)
            let end = try await enrolled.otpEnroll(words, around: watch.around)
            #expect(try end.status == 0 && watch.seconds < 9.5, "\(words): \(end.errors)")
        }
        // It may be somebody's who is still at work.
        #expect(access(leftover, F_OK) == 0)
        holder.end()
    }
}
