import Foundation
import TestSupport
import Testing

/// One user connects as fast as possible while others log in: 40 of 40, each time.
@Suite("swiftotpd: floods by one user", .serialized, .timeLimit(.minutes(10)))
struct FloodProof {
    /// What a flood is made of.
    enum Kind: String, CaseIterable, Sendable {
        /// Opened and closed at once.
        case connections
        /// Kept open as long as the service allows.
        case held
        /// Each with the first frame of a login.
        case logins
    }

    @Test("50 and 600 connections a second keep others out", arguments: [50, 600])
    func steady(rate: Int) async throws {
        try await flood(.connections, rate: rate, "\(rate) a second")
    }

    @Test(
        "As many connections as two processors can make keep others out", arguments: Kind.allCases)
    func unlimited(kind: Kind) async throws {
        try await flood(kind, rate: 0, "\(kind.rawValue), without a limit")
    }

    private func flood(_ kind: Kind, rate: Int, _ what: String) async throws {
        let service = try await Service(program: try Release.program())
        let flooder = try await Account.make("flooder")
        let account = try await Account.make("locker")
        let person = try Person(account.name, in: service.store)
        let target = try Person("daemon", in: service.store)
        let locker = try await Host(service.socket, as: account)
        // Only the resident service may let root in.
        let root = try await Host(
            service.socket, name: "login", arguments: "store=\(service.store)",
            program: "/nonexistent/swiftotpd")
        let calm = try await logins(root, target, count: 5)
        let floods = try (0..<(rate == 0 ? 4 : 1)).map { _ in
            try PipedChild(
                flooder.running([
                    "/usr/bin/python3", "-Ic", Self.script, service.socket, "\(rate)",
                    kind.rawValue,
                    LoginFrame(flooder.name, service: "flood").bytes
                        .map { String(format: "%02x", $0) }.joined(),
                ]))
        }
        for flood in floods { _ = try await flood.line() }
        let start = ContinuousClock.now
        async let lockers = logins(locker, person, count: Proof.count(40, long: 400))
        async let roots = logins(root, target, count: Proof.count(40, long: 400))
        let results = try await [("locker", lockers), ("root", roots)]
        let time = (ContinuousClock.now - start) / Duration.seconds(1)
        var made = 0
        for flood in floods {
            try flood.write("\n")
            let line = try #require(try await flood.line())
            made += Int(String(decoding: line, as: UTF8.self)) ?? 0
        }
        let pace = Int(Double(made) / time)
        let memory = try Memory(of: try #require(service.process))
        for (who, (granted, times)) in results {
            let figure =
                "\(granted) of \(times.count) logins: median \(milliseconds(times, 0.5)), "
                + "longest \(milliseconds(times, 1)) (calm: \(milliseconds(calm.times, 0.5)))"
            print("flood of \(what), \(pace) a second, \(who): \(figure); \(memory)")
            try Proof.tell(
                "Floods", "\(what): \(who == "root" ? "sshd's" : "another's locker")", figure)
            #expect(granted == times.count, "\(what), \(who)")
        }
        // Without a real flood the test would show nothing.
        #expect(pace >= (rate == 0 ? 600 : rate / 2), "\(made) in \(time) s")
        #expect(memory.resident <= 32_768, "\(memory)")
        try await service.rest()
    }

    /// Logs in again and again; returns how often that succeeded, and the nanoseconds each login
    /// took.
    private func logins(
        _ host: Host, _ person: Person, count: Int
    ) async throws -> (granted: Int, times: [Int]) {
        var (granted, times): (Int, [Int]) = (0, [])
        for _ in 0..<count {
            let result = try await host.login(person.user, person.code())
            if result.name == "PAM_SUCCESS" { granted += 1 }
            times.append(result.ns ?? 0)
            try await Task.sleep(for: .milliseconds(100))
        }
        return (granted, times.sorted())
    }

    private func milliseconds(_ times: [Int], _ part: Double) -> String {
        let index = min(times.count - 1, Int(Double(times.count) * part))
        return String(format: "%.1f ms", Double(times[index]) / 1_000_000)
    }

    /// Floods until it can read a line, and prints the number of connections.
    private static let script = """
        import select, socket, sys, time
        path, rate, kind = sys.argv[1], int(sys.argv[2]), sys.argv[3]
        frame, held, made = bytes.fromhex(sys.argv[4]), [], 0
        start = time.monotonic()
        print("begun", flush=True)
        while True:
            if made % 64 == 0 or rate:
                late = made / rate - (time.monotonic() - start) if rate else 0
                if select.select([sys.stdin], [], [], max(0, late))[0]:
                    break
            try:
                connection = socket.socket(socket.AF_UNIX)
                connection.connect(path)
                made += 1
                if kind == "logins":
                    connection.send(frame)
                if kind != "connections":
                    held.append(connection)
                    if len(held) > 200:
                        held.pop(0).close()
                else:
                    connection.close()
            except OSError:
                pass
        print(made, flush=True)
        """
}
