import Foundation
import OTPSystem
import OTPWire
import Testing

@testable import FleetNetwork

@Suite("The built agent passes requests on, for root and itself alone", .serialized)
struct AgentTests {
    let fleet: TestFleet
    let service = ScriptedService()

    init() throws { fleet = try TestFleet() }

    /// What begins as a document does, and is none.
    private static let body = Array("{?}".utf8)

    @Test("The agent does not pass on what the servers say")
    func statuses() async throws {
        let server = try await fleet.server(service)
        let agent = try await TestAgent(try fleet.credentials("web17", server: server))
        #expect(await agent.isReady())
        let table: [(HostAnswer, AgentAnswer)] = [
            (.answered([7, 8], receipt: "1.5.m"), .answered([7, 8])),
            (.refused("revoked"), .failed(.refused, "revoked")),
            (
                .overBudget,
                .failed(.overBudget, "the host has had too many failures or refused commands")
            ),
            (.malformed, .failed(.malformed, "the request is not understood")),
            (
                .unavailable("no standby"),
                .failed(.unavailable, "https://127.0.0.1:\(server.port): no standby")
            ),
        ]
        for (answer, reply) in table {
            service.onCall { _ in answer }
            // On a busy machine an answer may come too late, but not every time.
            var heard = try await agent.send(AgentTests.body)
            for _ in 0..<5 where heard != reply { heard = try await agent.send(AgentTests.body) }
            #expect(heard == reply)
        }
        #expect(service.calls.allSatisfy { $0.host == "web17" })
        // Others are the agent's own.
        #expect(service.calls.count { $0.body == AgentTests.body } >= table.count)
        let kept = try String(contentsOfFile: "\(agent.folder.path)/receipt", encoding: .utf8)
        #expect(kept == "1.5.m\n")
        #expect(service.calls.last?.receipt == "1.5.m")
        await server.stop()
        #expect(
            await eventually {
                guard case .failed(.unreachable, _)? = try? await agent.send(AgentTests.body) else {
                    return false
                }
                return true
            })
    }

    @Test("A receipt is forgotten when the agent starts again")
    func receipt() async throws {
        let server = try await fleet.server(service)
        let agent = try await TestAgent(try fleet.credentials(server: server))
        #expect(await agent.isReady())
        service.onCall { _ in .answered([1], receipt: "1.6.m") }
        _ = try await agent.send(AgentTests.body)
        agent.kill()
        let client = try FleetClient(
            try HostCredentials(text: try PrivateFile.read("\(agent.folder.path)/host.pem")),
            receipt: String(try PrivateFile.read("\(agent.folder.path)/receipt").dropLast()))
        _ = await client.call([1])
        #expect(service.calls.last?.receipt == "1.6.m")
        await client.shutdown()
        await server.stop()
    }

    @Test("Bodies of any byte or of the greatest length do not come through")
    func bodies() async throws {
        let server = try await fleet.server(service)
        let agent = try await TestAgent(try fleet.credentials(server: server))
        #expect(await agent.isReady())
        let all = AgentTests.body + (0...255).map { UInt8($0) }
        #expect(try await agent.send(all) == .answered(all))
        let long = [UInt8](repeating: AgentTests.body[0], count: 32_766)
        #expect(try await agent.send(long) == .answered(long))
        // The longest request: its answer has one byte more than a frame takes.
        guard case .failed(.unavailable, _) = try await agent.send(long + [3]) else {
            Issue.record("an answer was cut")
            return
        }
        await #expect(throws: AgentClient.Problem.self) { try await agent.send(long + [3, 3]) }
        await server.stop()
    }

    @Test("Many who ask at once get each other's answers, or none")
    func many() async throws {
        let server = try await fleet.server(service)
        let agent = try await TestAgent(try fleet.credentials(server: server))
        #expect(await agent.isReady())
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<40 {
                group.addTask {
                    let body = AgentTests.body + [UInt8(number)]
                    // On a busy machine an answer may come too late, but not every time.
                    var reply = try await agent.send(body)
                    for _ in 0..<5 where reply != .answered(body) {
                        guard case .failed = reply else { break }
                        reply = try await agent.send(body)
                    }
                    #expect(reply == .answered(body))
                }
            }
            try await group.waitForAll()
        }
        await server.stop()
    }

    @Test("Another user than root and the agent's own may ask")
    func peers() async throws {
        // The test needs to be another user for a moment.
        try #require(geteuid() == 0)
        let server = try await fleet.server(service)
        let agent = try await TestAgent(try fleet.credentials(server: server))
        #expect(await agent.isReady())
        let mode = try FileManager.default.attributesOfItem(atPath: agent.socket)[.posixPermissions]
        #expect(mode as? Int == 0o600)
        // The kernel tells the agent who it is, even where the modes would let everybody in.
        chmod(agent.socket, 0o666)
        for folder in [agent.folder.path, FileManager.default.temporaryDirectory.path] {
            chmod(folder, 0o711)
        }
        // Whether it could connect, and how many bytes it was sent.
        let script = """
            use Socket; socket(S, PF_UNIX, SOCK_STREAM, 0) or die;
            connect(S, sockaddr_un($ARGV[0])) or die; alarm 20;
            print "connected ", sysread(S, $bytes, 4);
            """
        func heard(by words: [String]) async throws -> String {
            try await Program.run(
                "/usr/bin/setpriv", words + ["/usr/bin/perl", "-e", script, agent.socket]
            ).output
        }
        #expect(try await heard(by: ["--nnp"]) == "connected 4")
        let other = ["--reuid=65534", "--regid=65534", "--clear-groups"]
        #expect(try await heard(by: other) == "connected 0")
        await server.stop()
    }

    @Test("The agent does not take the socket that systemd passes")
    func activated() async throws {
        let server = try await fleet.server(service)
        let folder = try TestFolder()
        try PrivateFile.write(
            try fleet.credentials(server: server).text, at: "\(folder.path)/host.pem")
        let socket = "\(folder.path)/passed.sock"
        let process = try ChildProcess([
            "/usr/bin/systemd-socket-activate", "-l", socket, try Program.built("swiftotp-agent"),
            "--folder", folder.path, "--state", folder.path, "--socket", "\(folder.path)/own.sock",
        ])
        #expect(await eventually { FileManager.default.fileExists(atPath: socket) })
        #expect(
            await eventually {
                let words = ["status", "--socket", socket]
                guard let program = try? Program.built("swiftotp-agent") else { return false }
                return (try? await Program.run(program, words).status) == 0
            })
        #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/own.sock"))
        await server.stop()
        _ = consume process
    }

    @Test("An agent that is killed is taken for an answer")
    func killed() async throws {
        let server = try await fleet.server(service)
        let agent = try await TestAgent(try fleet.credentials(server: server))
        #expect(await agent.isReady())
        service.onCall { _ in
            agent.kill()
            return .answered([1], receipt: nil)
        }
        let ended = await #expect(throws: AgentClient.Problem.self) {
            try await agent.send(AgentTests.body)
        }
        #expect(ended?.text == "swiftotp-agent ended without an answer")
        #expect(
            await eventually {
                do {
                    _ = try await agent.send(AgentTests.body)
                    return false
                } catch {
                    let text = "swiftotp-agent is not listening"
                    return error as? AgentClient.Problem == AgentClient.Problem(text: text)
                }
            })
        await server.stop()
    }

    @Test("Garbage on the agent's socket harms it")
    func garbage() async throws {
        let server = try await fleet.server(service)
        let agent = try await TestAgent(try fleet.credentials(server: server))
        #expect(await agent.isReady())
        for bytes in [[0, 0], [0, 1, 200], [0xff, 0xff], [0, 1, 74], [0, 1, 1]] as [[UInt8]] {
            let socket = try Socket(connectingTo: Array(agent.socket.utf8))
            try socket.send(bytes, until: Deadline(in: .seconds(5)))
        }
        #expect(try await agent.send(AgentTests.body) == .answered(AgentTests.body))
        #expect(service.calls.count == 1)
        await server.stop()
    }

    @Test("A certificate is not renewed by itself, or only at the next start")
    func renewal() async throws {
        let server = try await fleet.server(service)
        let authority = fleet.authority
        service.onRenew { host, request in
            .certificate((try? authority.sign(request: request, host: host, generation: 1)) ?? "")
        }
        // Made 300 s before: it is due at once, and ends soon.
        let old = try fleet.credentials("web17", servers: [server], lifetime: 20)
        let agent = try await TestAgent(old)
        let path = "\(agent.folder.path)/host.pem"
        #expect(
            await eventually {
                guard let text = try? PrivateFile.read(path),
                    let new = try? HostCredentials(text: text)
                else { return false }
                return new.identity.end > old.identity.end + 86_400
            })
        #expect(
            await eventually {
                (try? await agent.send(AgentTests.body)) == .answered(AgentTests.body)
            })
        #expect(service.calls.first?.host == "web17")
        await server.stop()
    }
}
