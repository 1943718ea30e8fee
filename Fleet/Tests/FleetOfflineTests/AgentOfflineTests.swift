import Foundation
import OTPWire
import Testing

@testable import FleetNetwork
@testable import FleetOffline

@Suite("The built agent, cut off, decides by its ledger", .serialized)
struct AgentOfflineTests {
    @Test("Of 64 programs that give one answer at once, two hear yes, or none")
    func race() async throws {
        let agent = try await CutOffAgent(try Desk())
        for number in 1...3 as ClosedRange<UInt64> {
            let text = agent.desk.answer(number)
            let results = try await withThrowingTaskGroup(of: OfflineReply.Result.self) { group in
                for _ in 0..<64 { group.addTask { try await agent.answer(text, number) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(results.count { $0 == .granted(left: nil) } == 1)
            #expect(results.count { $0 == .used } == 63)
        }
    }

    @Test("The agent does not know the question, a recent key, or the fleet's admin")
    func story() async throws {
        let agent = try await CutOffAgent(try Desk())
        #expect(try await agent.ask(.look, of: "alice") == .offline(number: 1, host: "web17"))
        #expect(try await agent.answer("AAAA-AAAA-AAAA", 1) == .wrong)
        #expect(try await agent.answer(agent.desk.answer(1), 1) == .granted(left: nil))
        #expect(try await agent.ask(.look, of: "alice") == .offline(number: 2, host: "web17"))
        let login = OfflineCall.Step.recent(key: "k", hours: 12, most: 1, origin: "sshd")
        #expect(try await agent.ask(login, of: "alice") == .notRecent)
        #expect(try await agent.ask(.note(key: "k"), of: "alice") == .done)
        #expect(try await agent.ask(login, of: "bob") == .notRecent)
        #expect(try await agent.ask(login, of: "alice") == .granted(left: 0))
        #expect(try await agent.ask(login, of: "alice") == .notRecent)
        for _ in 0..<20 { _ = try await agent.answer("AAAA-AAAA-AAAA", 2) }
        #expect(try await agent.answer(agent.desk.answer(2), 2) == .closed)
        let said = try await Built.run([
            try Built.program("swiftotp-agent"), "reopen", "--socket", agent.socket,
        ])
        #expect(said == "Offline answers can be tried again.\n")
        #expect(try await agent.answer(agent.desk.answer(2), 2) == .granted(left: nil))
        // Both answers, the recent key, and the twentieth wrong answer. No server is ready.
        let status = try Built.program("swiftotp-agent") + " status --socket " + agent.socket
        let told = try await Built.run(["sh", "-c", "\(status) || [ $? = 1 ]"])
        #expect(told.hasSuffix("\nOffline decisions not told yet: 4\n"), "\(told)")
    }

    @Test("An agent that is asked nonsense ends, or lets somebody in")
    func nonsense() async throws {
        let agent = try await CutOffAgent(try Desk())
        let bodies: [[UInt8]] = [
            [0], [0, 0], [0] + Array("{}".utf8), [0] + [UInt8](repeating: 0x5b, count: 30_000),
            [0] + Array(#"{"step":{"look":{}},"user":"alice","version":2}"#.utf8),
            [0] + Array(#"{"step":{"look":{"x":1}},"user":"alice","version":1}"#.utf8),
        ]
        for body in bodies {
            guard
                case .answered(let bytes) = try AgentClient.send(body, to: Array(agent.socket.utf8))
            else {
                Issue.record("no answer")
                continue
            }
            guard case .failed = try Document.offlineReply(bytes).result else {
                Issue.record("answered \(body.prefix(60))")
                continue
            }
        }
        #expect(try await agent.answer(agent.desk.answer(1), 1) == .granted(left: nil))
    }

    /// The calls of one burn, in their order: ledger, its folder, mark, its folder.
    static let calls: [(String, Int)] = [
        ("fsync", 1), ("rename", 1), ("fsync", 2), ("fsync", 3), ("rename", 2), ("fsync", 4),
    ]

    @Test(
        "An agent that is killed in a burn lets somebody in twice, or nobody ever again",
        arguments: calls)
    func killed(_ call: String, _ count: Int) async throws {
        let desk = try Desk()
        let dying = try await CutOffAgent(
            desk,
            through: [
                "strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fsync,rename",
                "-e", "inject=\(call):signal=KILL:when=\(count)",
            ])
        await #expect(throws: AgentClient.Problem.self) {
            try await dying.answer(desk.answer(1), 1)
        }
        #expect(await dying.hasEnded())

        let agent = try await CutOffAgent(desk)
        // Nothing looks as if the ledger had gone back.
        guard case .offline(let next, _) = try await agent.ask(.look, of: "alice") else {
            Issue.record("no question after \(call) \(count)")
            return
        }
        // Burnt once the new ledger has its name.
        let isBurnt = !(call == "rename" && count == 1) && !(call == "fsync" && count == 1)
        #expect(next == (isBurnt ? 2 : 1))
        let first = try await agent.answer(desk.answer(1), 1)
        #expect(first == (isBurnt ? .used : .granted(left: nil)))
        #expect(try await agent.answer(desk.answer(1), 1) == .used)
        #expect(try await agent.answer(desk.answer(2), 2) == .granted(left: nil))
    }

    @Test("With a full disk an answer lets somebody in, or does not any more once there is room")
    func fullDisk() async throws {
        let desk = try Desk()
        let ledger = try PrivateFile.read(desk.file)
        // A small file system of the agent's own, and a way to fill it and empty it.
        let script = """
            mount -t tmpfs -o size=64k,mode=700 ledger "$1" && printf %s "$2" >"$1/ledger" \
                && chmod 600 "$1/ledger" || exit 9
            head -c 1000000 /dev/zero >"$1/filler" 2>/dev/null
            state=$1 signal=$3
            (while [ -e "$signal" ]; do sleep 0.1; done; rm "$state/filler") &
            shift 3
            exec "$@"
            """
        let signal = "\(desk.keys.path)/is-full"
        try PrivateFile.write("", at: signal)
        let agent = try await CutOffAgent(
            desk,
            through: [
                "unshare", "--mount", "--kill-child", "sh", "-c", script, "sh", desk.folder.path,
                ledger, signal,
            ])
        for _ in 0..<3 {
            guard case .offline(let number, _) = try await agent.ask(.look, of: "alice"),
                case .failed(let why) = try await agent.answer(desk.answer(number), number)
            else {
                Issue.record("somebody was let in on a full disk")
                return
            }
            #expect(why.contains("No space left on device; free space on its disk"), "\(why)")
        }
        PrivateFile.remove(signal)
        let isBack = try await eventually {
            guard case .offline(let number, _) = try await agent.ask(.look, of: "alice") else {
                return false
            }
            return try await agent.answer(desk.answer(number), number) == .granted(left: nil)
        }
        #expect(isBack)
        #expect(try await agent.answer(desk.answer(1), 1) == .used)
    }
}
