import Foundation
import TestSupport
import Testing

/// How many connections there may be, and who gets them.
@Suite("swiftotpd: quotas", .timeLimit(.minutes(5)))
struct QuotaTests {
    private static let full = "you have too many connections to swiftotpd"

    @Test("A user holds over sixteen connections, keeps others out, or ended ones count")
    func sixteen() async throws {
        let service = try await Service()
        let account = try await Account.make("hoarder")
        let hoarder = try Client(service, account)
        let other = try Client(service, try await Account.make("other"))
        try await other.enroll()
        var holder: Holder? = try Holder(service, of: account, count: 20)
        #expect(try await holder?.held() == 16)
        try await service.serves(16)
        let more = try await hoarder.run("reply")
        #expect(more.map(\.kind) == ["busy", "end"] && more.first?.text == Self.full)
        #expect(try await other.run("status").first?.account?.isEnrolled == true)
        #expect(service.connections == 16)
        holder = nil
        try await service.rest()
        #expect(try await hoarder.run("status").first?.account?.isEnrolled == false)
        holder = try Holder(service, of: account, count: 20)
        #expect(try await holder?.held() == 16)
    }

    @Test("A program of root's does not count as its starter's from its first frame on")
    func startedByAUser() async throws {
        let service = try await Service()
        let account = try await Account.make("starter")
        let su = try Client.setuid(service, startedBy: account)
        let others = try Client.setuid(service, startedBy: try await Account.make("other"))
        // Some of the user's own, and some of root's programs that the user has started.
        let own = try Holder(service, of: account, count: 10)
        #expect(try await own.held() == 10)
        var started: Holder? = try Holder(
            service, words: ["--ruid", account.name], count: 10, speaks: true, user: "daemon")
        #expect(try await started?.held() == 6)
        try await service.serves(16)
        // It is accepted, names its user, and finds no room left.
        let refused = try await su.run("status", "reply")
        #expect(refused.map(\.kind) == ["busy", "end"] && refused.first?.text == Self.full)
        // Another user's su, and a program of root alone.
        #expect(try await others.run("status").first?.account?.isEnrolled == false)
        #expect(try await Client.root(service).run("status").first?.account?.isEnrolled == false)
        started = nil
        try await service.serves(10)
        #expect(try await su.run("status").first?.account?.isEnrolled == false)
        withExtendedLifetime(own) {}
    }

    @Test("Programs of root's stopped before their first frame keep others out")
    func silentPrograms() async throws {
        let service = try await Service()
        let starter = try await Account.make("starter")
        let account = try await Account.make("victim")
        let person = try Person(account.name, in: service.store)
        let holder = try Holder(
            service, words: ["--ruid", starter.name], count: 500, speaks: false)
        _ = try await holder.held()
        // They have no thread, and keep their place only as long as nobody else needs it.
        let process = try #require(service.process)
        #expect(try Memory(of: process).threads == 1)
        let start = ContinuousClock.now
        let su = try Client.setuid(service, startedBy: account)
        #expect(try await su.run("status").first?.kind == "account")
        let locker = try await Host(service.socket, as: account)
        let root = try await Host(
            service.socket, name: "login", arguments: "store=\(service.store)",
            program: "/nonexistent/swiftotpd")
        for host in [locker, root] {
            #expect(try await host.login(account.name, person.code()).name == "PAM_SUCCESS")
        }
        // None of them had to wait out the five seconds of a silent connection.
        #expect(ContinuousClock.now - start < .seconds(30))
    }

    @Test("UIDs without a user, of which one person may have thousands, take up places")
    func numbers() async throws {
        let log = try SystemLog.shared()
        let service = try await Service()
        let account = try await Account.make("locker")
        let person = try Person(account.name, in: service.store)
        let locker = try await Host(service.socket, as: account)
        var holders: [Holder] = []
        for number in 0..<30 {
            let uid = "\(300_000 + number)"
            holders.append(
                try Holder(
                    service, words: ["--reuid", uid, "--regid", uid, "--clear-groups"], count: 16,
                    speaks: false))
        }
        for holder in holders { _ = try await holder.held() }
        #expect(try await locker.login(account.name, person.code()).name == "PAM_SUCCESS")
        try await service.rest()
        // 480 lines would hide what others log.
        let process = try #require(service.process)
        let lines = log.lines(containing: "swiftotpd[\(process)]", "reason=unknown-user")
        #expect(lines.count == 60, "\(lines.count)")
        #expect(
            log.lines(containing: "swiftotpd[\(process)]", "reason=too-many-lines").count == 1)
    }

    @Test("With 512 connections open, root does not get in, or memory and threads are not bounded")
    func everything() async throws {
        let service = try await Service(program: try Release.program())
        let account = try await Account.make("last")
        let person = try Person(account.name, in: service.store)
        let root = try await Host(
            service.socket, name: "login", arguments: "store=\(service.store)",
            program: "/nonexistent/swiftotpd")
        // Twenty-four users with sixteen connections each: everything that is not reserved for
        // root.
        var holders: [Holder] = []
        for _ in 0..<24 {
            holders.append(try Holder(service, of: try await Account.make("holder"), count: 16))
        }
        for holder in holders { #expect(try await holder.held() == 16) }
        try await service.serves(384)
        let locker = try await Host(service.socket, as: account)
        let start = ContinuousClock.now
        let denied = try await locker.login(account.name, "123456")
        #expect(denied.name == Host.unavailable && denied.prompts == 0)
        #expect((.seconds(2)...(.seconds(30))).contains(ContinuousClock.now - start))
        _ = try await SystemLog.shared().line(
            containing: "cannot check; reason=service", "user=\(account.name)",
            "error=\"swiftotpd has too many connections\"")
        #expect(try await root.login(account.name, person.code()).name == "PAM_SUCCESS")
        // Root's own, down to the last one.
        let rest = try Holder(service, words: [], count: 128, speaks: true, user: "daemon")
        #expect(try await rest.held() == 128)
        try await service.serves(512)
        let process = try #require(service.process)
        let memory = try Memory(of: process)
        print("swiftotpd with 512 conversations open: \(memory)")
        try Proof.tell("Floods", "Memory of the service with 512 conversations open", "\(memory)")
        #expect(memory.resident <= 32_768 && memory.threads == 513, "\(memory)")
        // No room is left: root's programs use a service of their own.
        #expect(try await root.login(account.name, person.code()).name == Host.unavailable)
        let own = try await Host(
            service.socket, name: "login", arguments: "store=\(service.store)")
        #expect(try await own.login(account.name, person.code()).name == "PAM_SUCCESS")
        holders = []
        withExtendedLifetime(rest) {}
        _ = try await patiently("places to be free", within: .seconds(30)) {
            service.connections <= 128 ? true : nil
        }
        #expect(try await locker.login(account.name, person.code()).name == "PAM_SUCCESS")
    }
}

/// A program that opens connections and holds them until it ends: silent, or each with a login at
/// its question.
final class Holder {
    private let child: PipedChild
    private let count: Int

    /// `words` are for setpriv; `user` is the one who logs in.
    init(
        _ service: Service, words: [String], count: Int, speaks: Bool, user: String = ""
    ) throws {
        self.count = count
        let frame = speaks ? LoginFrame(user, service: "hold").bytes : []
        let hex = frame.map { String(format: "%02x", $0) }.joined()
        child = try PipedChild(
            (words.isEmpty ? [] : ["setpriv"] + words + ["--reset-env"])
                + ["/usr/bin/python3", "-Ic", Self.script, service.socket, "\(count)", hex])
    }

    /// Logins of a user by that user's own program.
    convenience init(_ service: Service, of account: Account, count: Int) throws {
        let words = ["--reuid", account.name, "--regid", account.name, "--init-groups"]
        try self.init(service, words: words, count: count, speaks: true, user: account.name)
    }

    /// Waits until all are open; returns how many the service has welcomed and, if they speak,
    /// asked.
    func held() async throws -> Int {
        guard let line = try await child.line(within: .seconds(60)),
            let held = Int(String(decoding: line, as: UTF8.self))
        else { throw Trouble("\(count) connections cannot be opened") }
        return held
    }

    private static let script = """
        import resource, socket, sys
        path, count, frame = sys.argv[1], int(sys.argv[2]), bytes.fromhex(sys.argv[3])
        resource.setrlimit(resource.RLIMIT_NOFILE, (1024, 1024))
        def bytes_of(connection, wanted):
            data = b""
            while len(data) < wanted:
                part = connection.recv(wanted - len(data))
                if not part:
                    raise OSError("closed")
                data += part
            return data
        def kind(connection):
            length = int.from_bytes(bytes_of(connection, 2), "big")
            return bytes_of(connection, length)[0]
        held, asked = [], 0
        for _ in range(count):
            connection = socket.socket(socket.AF_UNIX)
            held.append(connection)
            try:
                connection.connect(path)
                if kind(connection) != 64:
                    continue
                if frame:
                    connection.sendall(frame)
                    if kind(connection) not in (66, 67):
                        continue
                asked += 1
            except OSError:
                pass
        print(asked, flush=True)
        sys.stdin.read()
        """
}
