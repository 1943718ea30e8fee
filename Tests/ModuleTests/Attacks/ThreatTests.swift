import Foundation
import OTPCore
import TestSupport
import Testing

/// Attacks in docs/THREATS.md that are not tested elsewhere.
@Suite("Threats", .serialized)
struct ThreatTests {
    /// libpam's numbers.
    private static let success = 0, refused = 7, unavailable = 9

    @Test("A program without a conversation gets no error, or is charged a failure")
    func noConversation() async throws {
        let systemLog = try SystemLog.shared()
        for arguments in ["", "nullok", "forward_pass", "enroll=offer", "trust=key"] {
            let enrolled = try Enrolled()
            let before = try enrolled.bytes
            let mark = "rhost-\(UUID().uuidString)"
            let results = try await enrolled.stack(arguments).run([
                "user \(enrolled.user)", "rhost \(mark)", "conv none", "go authenticate",
            ])
            #expect(results.map(\.name) == ["PAM_CONV_ERR"], "\(arguments)")
            #expect(try enrolled.bytes == before, "\(arguments)")
            _ = try await systemLog.line(containing: mark)
        }
    }

    @Test("With descriptors 0 to 2 closed, a right code is refused or a wrong one accepted")
    func closedDescriptors() async throws {
        let enrolled = try Enrolled()
        let host = try BareHost(enrolled)
        let others = [enrolled.store + "/seal.key", "\(host.stack.folder)/\(host.stack.service)"]
        let before = try others.map { try Data(contentsOf: URL(fileURLWithPath: $0)) }
        for combination in 0..<8 {
            let closed = (0..<3).filter { combination & 1 << $0 != 0 }
            let phone = try enrolled.renewKey()
            let (wrong, right) = (try await phone.wrongCode(), try await phone.code())
            let results = try await host.logins([wrong, right, right], closed: closed)
            #expect(results == [Self.refused, Self.success, Self.refused], "closed: \(closed)")
            // The record is intact, and has the event.
            #expect(try enrolled.read { $0.throttle.failures } == 1, "closed: \(closed)")
            #expect(try enrolled.read { $0.backupCodesLeft } == 10, "closed: \(closed)")
            try enrolled.change { $0.throttle.unlock() }
        }
        #expect(try others.map { try Data(contentsOf: URL(fileURLWithPath: $0)) } == before)
        #expect(try await host.logins([enrolled.backupCodes[0]]) == [Self.success])
    }

    @Test("A host that forks in its conversation is let in twice")
    func forks() async throws {
        let enrolled = try Enrolled()
        let host = try BareHost(enrolled)
        for round in 0..<20 {
            try enrolled.change { $0.throttle.unlock() }
            let code = try await enrolled.renewKey().code()
            let results = try await host.logins([code], .forks)
            // The connection belongs to the process that began it; the other one's code cannot be
            // checked.
            #expect(results.sorted() == [Self.success, Self.unavailable], "round \(round)")
        }
        // A process left behind in a conversation holds nothing that the next one needs.
        let codes = Array(enrolled.backupCodes[0..<3])
        let results = try await host.logins(codes, .leavesChild)
        #expect(results == [Self.success, Self.success, Self.success])
    }

    @Test("The module changes the user's name for the modules after it")
    func nameStays() async throws {
        let enrolled = try Enrolled()
        let newcomer = try Enrolled(user: "games", in: enrolled.scratch)
        try newcomer.forget()
        let heard = enrolled.scratch.file("heard")
        let look = try enrolled.scratch.write(
            "printf '%s|' \"$PAM_USER\" >> \(heard)\n", to: "look")
        let right = try await enrolled.phone.code()
        for (user, arguments, answer, name) in [
            ("daemon", "", "123", "PAM_AUTH_ERR"), ("daemon", "", right, "PAM_SUCCESS"),
            ("daemon", "", right, "PAM_AUTH_ERR"),
            ("daemon", "forward_pass", "word" + enrolled.backupCodes[1], "PAM_SUCCESS"),
            ("DAEMON", "", right, "PAM_AUTH_ERR"), ("../1", "", right, "PAM_AUTH_ERR"),
            ("games", "nullok", "", "PAM_SUCCESS"), ("games", "", right, "PAM_AUTH_ERR"),
            ("games", "enroll=offer", "", "PAM_SUCCESS"),
            ("daemon", "no-such-option", right, "PAM_AUTHINFO_UNAVAIL"),
        ] {
            try enrolled.scratch.write("", to: "heard")
            let before = "auth optional pam_exec.so quiet /bin/sh \(look)\n"
            let module = try enrolled.module()
            try enrolled.scratch.write(
                "\(before)auth required \(module) \(arguments)\n\(before)"
                    + "auth required pam_permit.so\n", to: "pam.d/sshd", mode: 0o644)
            let stack = Stack(folder: enrolled.scratch.file("pam.d"), service: "sshd")
            let result = try await stack.login(
                user, [answer], with: ["fail-delay note"] + LoginKey().login)
            #expect(result.name == name, "\(user) \(arguments): \(result)")
            let names = try String(contentsOfFile: heard, encoding: .utf8)
            #expect(names == "\(user)|\(user)|", "\(user) \(arguments)")
        }
    }

    @Test("The module or otp-enroll opens a network connection")
    func noNetwork() async throws {
        _ = try SystemLog.shared()
        let enrolled = try Enrolled(), trace = enrolled.scratch.file("trace")
        let strace = [
            "strace", "-f", "-qq", "-e", "signal=none", "-e", "trace=network", "-o", trace,
        ]
        let program = try Build.product("otp-enroll")
        func check(_ what: String) throws {
            let calls = try String(contentsOfFile: trace, encoding: .utf8).split(separator: "\n")
            let sockets = calls.filter { $0.contains("socket(") || $0.contains("socketpair(") }
            // libpam itself reports each login to the kernel's audit.
            let others = sockets.filter {
                !$0.contains("(AF_UNIX, ")
                    && !$0.contains(#/\(AF_NETLINK, SOCK_RAW(\|SOCK_CLOEXEC)?, NETLINK_AUDIT\)/#)
            }
            #expect(others.isEmpty, "\(what): \(others)")
            #expect(!sockets.isEmpty, "\(what): nothing was traced")
            let peers = calls.filter {
                $0.contains("sa_family=") && !$0.contains("=AF_UNIX") && !$0.contains("=AF_NETLINK")
            }
            #expect(peers.isEmpty, "\(what): \(peers)")
        }
        for answer in [try await enrolled.phone.code(), enrolled.backupCodes[0], "123"] {
            _ = try await enrolled.stack().login(enrolled.user, [answer], around: strace)
            try check("a login")
        }
        let picture = enrolled.scratch.file("picture.svg")
        for words in [
            ["add", "games", "--no-confirm", "--json"],
            ["add", "bin", "--no-confirm", "--qr-file", picture],
            ["status", enrolled.user], ["list"], ["verify", enrolled.user], ["issue", "games"],
            ["unlock", enrolled.user], ["remove", "games", "--yes"],
        ] {
            let done = try await Command.run(
                strace + [program] + words + ["--store", enrolled.store], input: "123456\n")
            #expect(done.status != 64, "\(words): \(done.errors)")
            try check(words[0])
        }
    }
}

extension Throttle {
    /// Everybody's failures.
    fileprivate var failures: UInt32 {
        sources.reduce(shared.failures) { $0 + $1.counter.failures }
    }
}
