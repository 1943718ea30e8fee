import Foundation
import TestSupport
import Testing

extension Storm {
    /// A server has judged, and its answer never arrives.
    @Suite("An answer that is lost") struct LostReplies {
        /// Passes everything on to otp1 but, while there is a file of this name, what it answers.
        private static let proxy = """
            import os, socket, sys, threading
            flag = sys.argv[1]
            def pump(source, target, answers):
                try:
                    while data := source.recv(65536):
                        if not (answers and os.path.exists(flag)):
                            target.sendall(data)
                except OSError:
                    pass
                for end in source, target:
                    try:
                        end.shutdown(socket.SHUT_RDWR)
                    except OSError:
                        pass
            listener = socket.create_server(("192.0.2.254", 8463))
            print("listening", flush=True)
            while True:
                client = listener.accept()[0]
                server = socket.create_connection(("192.0.2.11", 8463))
                threading.Thread(target=pump, args=(client, server, False), daemon=True).start()
                threading.Thread(target=pump, args=(server, client, True), daemon=True).start()
            """

        @Test(
            "A login whose answer was lost is refused by the other server, or judged a second time")
        func lost() async throws {
            let fleet = try await Fleet.stormy()
            let (host, member) = (fleet.hosts[0], try await Member(of: fleet))
            let scratch = try Scratch()
            let flag = scratch.file("lost")
            let proxy = try Daemon(
                fleet.lan.words + ["/usr/bin/python3", "-uc", LostReplies.proxy, flag],
                log: scratch.file("log"))
            try await proxy.wait(for: "the proxy") { proxy.said.contains("listening") }
            let hosts = "\(host.machine.folder)/etc/hosts"
            let names = try String(contentsOfFile: hosts, encoding: .utf8)
            try Networks.write(names.replacing("192.0.2.11 ", with: "192.0.2.254 "), to: hosts)
            host.killAgent()
            try await host.startAgent()

            let crowd = try Crowd(1, at: [host])
            var servers: [[String]] = []
            for number in 0..<5 {
                try await host.awaitServers(2)
                let code = member.backupCodes[number]
                try Data().write(to: URL(fileURLWithPath: flag))
                let result = try await crowd.login(member.name, code)
                unlink(flag)
                #expect(result.isIn, "\(result)")
                servers = try await fleet.primary.sql(
                    """
                    SELECT server FROM swiftotp.audit WHERE name = '\(member.name)'
                    AND kind = 'login' AND granted ORDER BY seq
                    """)
                #expect(servers.count == number + 1, "\(servers)")
                // Another login, with another id.
                #expect(try await !crowd.login(member.name, code).isIn)
            }
            // The one that judged could not say so: the yes was the other one's.
            let judged = servers.filter { $0 == ["otp1"] }.count
            #expect(judged > 0, "no answer was lost: \(servers)")
            let figure = "5 logins, 5 rows, 5 yeses; \(judged) of them judged by the silent server"
            print("figure: lost reply: \(figure)")
            try Proof.tell("One code, one login, in a fleet", "answer lost", figure)

            try Networks.write(names, to: hosts)
            host.killAgent()
            try await host.startAgent()
        }
    }
}
