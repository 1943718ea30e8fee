import Foundation
import OTPWire
import Synchronization
import Testing

@testable import FleetNetwork

@Suite("The agent's commands join once, and say what is wrong", .serialized)
struct AgentCommandTests {
    let fleet: TestFleet
    let service = ScriptedService()

    init() throws { fleet = try TestFleet() }

    private func admit() {
        let authority = fleet.authority
        service.onJoin { request in
            .certificate(
                (try? authority.sign(request: request.request, host: "web17", generation: 1)) ?? "")
        }
    }

    @Test("A host cannot join, joins twice, or is left with half of it")
    func join() async throws {
        let server = try await fleet.server(service)
        admit()
        let folder = try TestFolder()
        let (own, token) = ("\(folder.path)/etc", InviteToken(of: fleet.authority.trust).text)
        let url = try server.url.description
        let joined = try await TestAgent.run("join", url, "--token", token, "--folder", own)
        #expect(joined.status == 0, "\(joined.errors)")
        #expect(joined.output == "This host is web17 in the fleet lab.\n")
        let path = "\(own)/host.pem"
        let text = try PrivateFile.read(path)
        #expect(try HostCredentials(text: text).identity.host.text == "web17")
        #expect(try FileManager.default.contentsOfDirectory(atPath: own) == ["host.pem"])
        let again = try await TestAgent.run("join", url, "--token", token, "--folder", own)
        #expect(again.status == 1)
        #expect(again.errors.contains("--again"))
        #expect(service.joins.count == 1)
        service.onJoin { _ in .refused("there is no such invite") }
        let refused = try await TestAgent.run(
            "join", url, "--token", token, "--folder", own, "--again")
        #expect(refused.status == 1)
        #expect(refused.errors.contains("there is no such invite"))
        #expect(try PrivateFile.read(path) == text)
        admit()
        let new = try await TestAgent.run("join", url, "--token", token, "--folder", own, "--again")
        #expect(new.status == 0)
        #expect(try PrivateFile.read(path) != text)
        await server.stop()
    }

    @Test("An invite is spent although the host cannot keep what it gets, or was mistyped")
    func unspent() async throws {
        let server = try await fleet.server(service)
        admit()
        let url = try server.url.description
        let token = InviteToken(of: fleet.authority.trust).text
        let nowhere = try await TestAgent.run(
            "join", url, "--token", token, "--folder", "/proc/nowhere")
        #expect(nowhere.status == 1)
        let mistyped = try await TestAgent.run("join", url, "--token", "A" + token.dropFirst(2))
        #expect(mistyped.status == 1)
        #expect(mistyped.errors.contains("mistyped"))
        let http = try await TestAgent.run(
            "join", "http://x", "--token", token, "--folder", "/proc/x")
        #expect(http.status == 1)
        #expect(service.joins.isEmpty)
        await server.stop()
    }

    @Test("The state is wrong, in words or for programs")
    func status() async throws {
        let server = try await fleet.server(service)
        let agent = try await TestAgent(try fleet.credentials("web17", server: server))
        #expect(await agent.isReady())
        let words = try await TestAgent.run("status", "--socket", agent.socket)
        #expect(words.status == 0)
        #expect(words.output.hasPrefix("Host web17 in the fleet lab\nCertificate until 20"))
        #expect(words.output.contains("\nhttps://127.0.0.1:\(server.port): ready, answered "))
        let json = try await TestAgent.run("status", "--json", "--socket", agent.socket)
        let parsed = try JSONSerialization.jsonObject(with: Data(json.output.utf8))
        let state = try #require(parsed as? [String: Any])
        #expect(state["fleet"] as? String == "lab")
        #expect(state["host"] as? String == "web17")
        let end = try #require(state["certificateEnds"] as? Double)
        #expect(abs(end - Date().timeIntervalSince1970 - 30 * 86_400) < 3600)
        await server.stop()
        #expect(
            await eventually {
                guard let result = try? await TestAgent.run("status", "--socket", agent.socket)
                else {
                    return false
                }
                return result.status == 1 && result.output.contains(": silent: ")
            })
        agent.kill()
        let gone = try await TestAgent.run("status", "--socket", agent.socket)
        #expect(gone.status == 1)
        #expect(gone.errors == "swiftotp-agent: swiftotp-agent is not listening\n")
    }

    @Test("A certificate that cannot be renewed ends without a warning")
    func overdue() async throws {
        let server = try await fleet.server(service)
        service.onRenew { _, _ in .refused("not today") }
        // Made 300 s before: it was due long ago.
        let credentials = try fleet.credentials("web17", servers: [server], lifetime: 100)
        let agent = try await TestAgent(credentials)
        #expect(await agent.isReady())
        let result = try await TestAgent.run("status", "--socket", agent.socket)
        #expect(result.status == 1 && result.output.contains(": ready, answered "))
        #expect(
            result.output.contains(", not renewed since 20") && result.output.contains("; the log"))
        await server.stop()
    }

    @Test("A host that was revoked is taken for one whose servers are ready, or is not told why")
    func revoked() async throws {
        let server = try await fleet.server(service)
        service.onPing(PingAnswer(refusal: "the host was revoked"))
        let agent = try await TestAgent(try fleet.credentials(server: server))
        #expect(
            await eventually {
                guard let result = try? await TestAgent.run("status", "--socket", agent.socket)
                else { return false }
                return result.status == 1
                    && result.output.contains(": refuses this host: the host was revoked, answered")
            })
        await server.stop()
    }

    @Test("The agent serves with a key that others can read, or without one")
    func unsafeKey() async throws {
        let server = try await fleet.server(service)
        let folder = try TestFolder()
        let words = ["serve", "--folder", folder.path, "--state", folder.path]
        let socket = "\(folder.path)/a.sock"
        let program = try Program.built("swiftotp-agent")
        let missing = try await Program.run(program, words + ["--socket", socket])
        #expect(missing.status == 1)
        #expect(missing.errors.contains("this host is in no fleet"))
        let path = "\(folder.path)/host.pem"
        let text = try fleet.credentials(server: server).text
        try PrivateFile.write(text, at: path, mode: 0o644)
        let open = try await Program.run(program, words + ["--socket", socket])
        #expect(open.status == 1)
        #expect(open.errors.contains("0600"))
        for damage in ["", String(text.dropLast(400)), text.replacing("Server", with: "Sorvor")] {
            try PrivateFile.write(damage, at: path)
            let damaged = try await Program.run(program, words + ["--socket", socket])
            #expect(damaged.status == 1)
            #expect(damaged.errors.contains(path))
        }
        await server.stop()
    }

    @Test("A second agent takes the socket of one that runs")
    func second() async throws {
        let server = try await fleet.server(service)
        let agent = try await TestAgent(try fleet.credentials(server: server))
        let result = try await TestAgent.run(
            "serve", "--folder", agent.folder.path, "--state", agent.folder.path, "--socket",
            agent.socket)
        #expect(result.status == 1)
        #expect(result.errors.contains("cannot listen"))
        #expect(await agent.isReady())
        // A killed one leaves its socket behind.
        agent.kill()
        let next = try await Program.run("/usr/bin/test", ["-S", agent.socket])
        #expect(next.status == 0)
        await server.stop()
    }

    @Test("Help or version is missing, or a wrong word is taken")
    func words() async throws {
        let help = try await TestAgent.run("--help")
        #expect(help.status == 0)
        for word in [
            "join", "--token", "--again", "status", "--json", "--folder", "--state", "--socket",
        ] {
            #expect(help.output.contains(word))
        }
        #expect(try await TestAgent.run("--version").output == "swiftotp-agent \(Version.number)\n")
        let wrong = [
            ["sorve"], ["serve", "x"], ["join"], ["join", "https://a"], ["status", "--again"],
            ["--folder"], ["join", "https://a", "https://b", "--token", "x"],
        ]
        for words in wrong {
            let result = try await Program.run(try Program.built("swiftotp-agent"), words)
            #expect(result.status == 64, "\(words)")
        }
    }
}
