import Foundation
import OTPStore
import TestSupport
import Testing

@testable import OTPCore

/// The system calls of the release build in everything that it does, compared with what its unit
/// allows.
@Suite("swiftotpd: system calls", .timeLimit(.minutes(5)))
struct SystemCallTests {
    private static let unit = "swiftotpd.service"
    private static let configuration =
        "window = 2\nenroll = offer\nafter_temporary = enroll\n"

    /// The names of the calls in the output of strace(1).
    private func calls(in trace: String) throws -> Set<String> {
        let text = try String(contentsOfFile: trace, encoding: .utf8)
        return Set(
            text.split(separator: "\n").compactMap { line -> String? in
                let rest = line.drop { $0.isNumber || $0 == " " }
                let name = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
                return rest.dropFirst(name.count).first == "(" ? String(name) : nil
            })
    }

    /// A login that enrolls with a QR code; `host` has a conversation that asks the user.
    private func enroll(_ user: String, at host: Host) async throws {
        let question = try await host.begin(user)
        let start = try #require(question.range(of: "\nKey: ")).upperBound
        let key = question[start...].prefix { $0 != "\n" }.filter { $0 != " " }
        let phone = try Phone(scanning: "otpauth://totp/x:y?secret=\(key)")
        try host.type(try await phone.code())
        _ = try await host.question()
        #expect(try await host.answer("").name == "PAM_SUCCESS")
    }

    /// What root's programs do: users get in, are refused, enroll; strangers; an exempt group; a
    /// lock held by another process.
    private func logins(_ host: Host, _ person: Person, _ newcomer: String) async throws {
        #expect(try await host.login(person.user, person.code()).name == "PAM_SUCCESS")
        #expect(try await host.login(person.user, "0ZZZZ-ZZZZZ-ZZZZZ").name == "PAM_AUTH_ERR")
        #expect(try await host.login("nobody-of-this-name", "123456").name == "PAM_AUTH_ERR")
        #expect(try await host.login("nobody-of-this-name", "123456").name == "PAM_AUTH_ERR")
        // A leftover of an interrupted new record is removed by the next one.
        #expect(
            FileManager.default.createFile(atPath: person.store + "/new.left", contents: nil))
        try await enroll(newcomer, at: host)
        let temporary = try person.issue()
        #expect(try await host.login(person.user, temporary).name == "PAM_SUCCESS")
        let code = try person.code()
        let file = open(try person.file, O_RDWR | O_CLOEXEC)
        try #require(flock(file, LOCK_EX) == 0)
        try host.start(person.user, code)
        try await Task.sleep(for: .seconds(1))
        close(file)
        #expect(try await host.next().name == "PAM_SUCCESS")
    }

    /// Calls that arm64 lacks, and what the C library uses instead; those are in the second lists.
    private static let instead: [String: String?] =
        Machine.isARM ? ["access": "faccessat", "poll": "ppoll", "arch_prctl": nil] : [:]

    /// The lists of the unit: the program's own calls, and those of the C library.
    private func lists() throws -> (own: Set<String>, others: Set<String>) {
        let key = "SystemCallFilter="
        let lines = try UnitTests.text(Self.unit).split(
            separator: "\n", omittingEmptySubsequences: false)
        let parts = lines.split { $0.isEmpty }.map { part in
            Set(
                part.filter { $0.hasPrefix(key) }
                    .flatMap { $0.dropFirst(key.count).split(separator: " ").map(String.init) })
        }.filter { !$0.isEmpty }
        try #require(parts.count == 2, "the lists of \(Self.unit)")
        let own = Set(parts[0].compactMap { Self.instead[$0, default: $0] })
        try #require(own.subtracting(parts[0]).isSubset(of: parts[1]))
        return (own, parts[1].subtracting(own))
    }

    /// Calls that appear by chance, such as waiting for another thread, or only at the end; and
    /// those of glibc 2.36 that 2.41 no longer makes.
    private static let rare: Set = ["exit_group", "futex", "madvise", "exit", "readlinkat"]
    /// Calls of glibc 2.41 that 2.36 does not make.
    private static let newer: Set = ["fstat", "statx"]
    /// Calls of a service for one login that detach it from the process that started it. It has no
    /// unit.
    private static let leaving: Set = ["chdir", "setpriority"]

    @Test("It makes a call that is not in the unit's lists, or they have one too many")
    func both() async throws {
        async let first = resident()
        async let second = own()
        let (resident, own) = try await (first, second)
        let (program, others) = try lists()
        #expect(program.isDisjoint(with: others) && Self.newer.isSubset(of: others))
        let list = program.union(Self.newer)
        #expect(resident.isSubset(of: list), "\(resident.subtracting(list)) are not in the list")
        let unused = program.subtracting(resident)
        #expect(unused.isSubset(of: Self.rare), "\(unused)")
        #expect(own.isSubset(of: list.union(Self.leaving)), "\(own.subtracting(list))")
    }

    private func resident() async throws -> Set<String> {
        let scratch = try Scratch()
        let trace = scratch.file("trace")
        let service = try await Service(
            configuration: Self.configuration,
            around: ["strace", "-D", "-f", "-qq", "-A", "-o", trace],
            program: try Release.program())
        let account = try await Account.make("traced")
        let client = try Client(service, account)
        try await client.run("status", within: .seconds(60))
        let replies = try await client.run(
            "status", "policy", "begin", "confirm 000000", "confirm =", "verify +1", "codes",
            "untrust", "frame 99", "reply")
        #expect(replies.last?.kind == "end" && replies.map(\.kind).contains("done"))
        _ = try await Client.number(service, "4242").run("reply")
        // A request of root's, which makes a missing store.
        let made = try await Client.number(service, "0").run(
            #"request {"makeStore":{"startsEmpty":false}}"#)
        #expect(made.first?.kind == "store", "\(made)")
        try await Client(service, try await Account.make("tracedtoo")).enroll()
        let person = try Person("daemon", in: service.store)
        let root = try await Host(
            service.socket, name: "login",
            arguments: "store=\(service.store) after_first_factor exempt_group=games",
            program: "/nonexistent/swiftotpd")
        #expect(try await root.login("games").name == Host.ignored)
        try await logins(root, person, try await Account.make("newcomer").name)
        let holder = try Holder(service, of: account, count: 16)
        #expect(try await holder.held() == 16)
        try await service.serves(16)
        withExtendedLifetime(holder) {}
        return try calls(in: trace)
    }

    private func own() async throws -> Set<String> {
        let scratch = try Scratch()
        let (trace, store) = (scratch.file("trace"), try scratch.folder("store"))
        let conf = try scratch.write(Self.configuration, to: "swiftotp.conf")
        let program = try scratch.write(
            """
            #!/bin/sh
            exec /usr/bin/strace -D -f -qq -A -o '\(trace)' '\(Release.program())' "$@"

            """, to: "swiftotpd", mode: 0o755)
        let person = try Person("daemon", in: store)
        let root = try await Host(
            "/nonexistent/swiftotpd.sock", name: "login",
            arguments: "conf=\(conf) store=\(store) after_first_factor exempt_group=games",
            program: program)
        #expect(try await root.login("games").name == Host.ignored)
        try await logins(root, person, try await Account.make("newcomer").name)
        return try calls(in: trace)
    }
}
