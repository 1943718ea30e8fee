import Foundation
import TestSupport
import Testing

extension Storm {
    /// Clocks that are off, keys that do not fit, certificates that have ended.
    @Suite("Clocks, keys and certificates") struct Clocks {
        /// The words before a program of ours whose clock is off. In Swift, a program whose
        /// environment libfaketime has changed finds no arguments; faketime(1) does it before.
        private static func off(_ by: String) -> [String] {
            [
                "env", "DONT_FAKE_MONOTONIC=1", "faketime", "-f", by, "setpriv", "--pdeathsig",
                "KILL",
            ]
        }

        /// The same for PostgreSQL, without faketime(1), which stays as the parent of what is to be
        /// ended.
        private static func databaseOff(_ by: String) -> [String] {
            let library = "\(TestSupport.Machine.libraries)/faketime/libfaketime.so.1"
            return ["env", "LD_PRELOAD=\(library)", "FAKETIME=\(by)", "DONT_FAKE_MONOTONIC=1"]
        }

        /// Expects that a host's agent and a server's log say what is wrong, and what to do.
        private func expectReason(_ what: String, at host: Host, _ log: ServerLog) async throws {
            let sentence = try Guide.sentence(what)
            try await host.awaitReason(sentence)
            try await log.expect(sentence)
        }

        @Test("With the database's clock an hour off, codes are judged, or nobody learns why not")
        func database() async throws {
            let (scene, log) = (try await Networks.Scene(), try ServerLog())
            try await scene.fleet.primary.stop()
            try await scene.fleet.primary.start(around: Clocks.databaseOff("+3600s"))
            _ = try await scene.expectFirst()
            _ = try await scene.expectNext()
            try await expectReason("its clock is off", at: scene.host, log)
            try await scene.fleet.primary.stop()
            try await scene.fleet.primary.start()
            _ = try await scene.expectBack()
        }

        @Test("A server whose clock is an hour off judges codes, or stops the others")
        func server() async throws {
            let scene = try await Networks.Scene()
            let servers = scene.fleet.servers
            try await servers[0].stop()
            try await servers[0].start(around: Clocks.off("-3600s"))
            // Its log has nothing yet: libfaketime moves the timer of its next look by the hour too.
            try await scene.host.awaitReason(Guide.sentence("its clock is off"))
            try await scene.expectOthers()
            try await servers[1].stop()
            _ = try await scene.expectFirst()
            _ = try await scene.expectNext()
            try await scene.fleet.heal()
            _ = try await scene.expectBack()
        }

        @Test(
            "A host whose clock is an hour off shuts its users out",
            arguments: ["+3600s", "-3600s"])
        func host(_ by: String) async throws {
            let scene = try await Networks.Scene()
            scene.host.killAgent()
            try await scene.host.startAgent(around: Clocks.off(by))
            let result = try await scene.here.login(
                scene.member.name, try await scene.member.phone.code())
            #expect(result.isIn, "\(result)")
            scene.host.killAgent()
            try await scene.host.startAgent()
        }

        @Test(
            "A host whose certificate has ended, or is to come, lets people in, or does not say so",
            arguments: ["+31d", "-2d"])
        func certificate(_ by: String) async throws {
            let scene = try await Networks.Scene()
            scene.host.killAgent()
            let before = scene.host.agentSaid
            let agent = try await scene.host.launchAgent(around: Clocks.off(by))
            #expect(try await agent.child.finish() != 0)
            let said = agent.said.dropFirst(before.count)
            #expect(said.contains("set the clock"), "\(said)")
            #expect(said.contains("swiftotp-agent join --again"), "\(said)")
            _ = try await scene.expectFirst()
            _ = try await scene.expectNext()
            try await scene.expectOthers()
            try await scene.host.startAgent()
            _ = try await scene.expectBack()
        }

        @Test("A server with another master key judges codes, or does not say what to do")
        func masterKey() async throws {
            let (scene, log) = (try await Networks.Scene(), try ServerLog())
            let server = scene.fleet.servers[1]
            let path = server.folder + "/fleet.key"
            let right = try String(contentsOfFile: path, encoding: .utf8)
            try await server.stop()
            // The same number, and another key.
            let digits = right.dropLast(2) + (right.hasSuffix("0\n") ? "1\n" : "0\n")
            try Data(digits.utf8).write(to: URL(fileURLWithPath: path))
            try await server.start()
            try await expectReason(
                "it is of another master key than this server's", at: scene.host, log)
            try await scene.expectOthers()
            scene.fleet.servers[0].kill()
            _ = try await scene.expectFirst()
            _ = try await scene.expectNext()
            try Data(right.utf8).write(to: URL(fileURLWithPath: path))
            server.kill()
            try await scene.fleet.heal()
            _ = try await scene.expectBack()
        }
    }
}
