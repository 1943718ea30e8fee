import Foundation
import TestSupport
import Testing

/// docs/RECIPES.md, with the real OpenVPN and ocserv.
@Suite("Recipes: VPNs") struct VPNRecipeTests {
    /// An enrolled user, and a room with the page's PAM service.
    private func room(
        _ service: String, _ section: String, after words: String
    ) async throws -> (ClosedRoom, LoginFixture, codes: [String]) {
        let fixture = try await LoginFixture(LoginProgram.sshdByPassword())
        let codes = try await fixture.enroll().backupCodes
        let policy = try Policy()
        let lines = try RecipePage.block(section, after: words)
        try policy.write(try fixture.pamLines(lines), service: service)
        let room = ClosedRoom(
            policy: policy, folder: try fixture.scratch.folder("room", mode: 0o755))
        try await room.makeCertificate()
        return (room, fixture, codes)
    }

    /// A backup code that does not exist.
    private static let wrong = "BBBB-BBBB-BBBB-BBBB"

    // MARK: OpenVPN

    /// Our lines next to the page's.
    private static let server = [
        "dev tun", "proto tcp-server", "local 127.0.0.1", "server 10.8.0.0 255.255.255.0",
        "ca server.crt", "cert server.crt", "key server.key", "dh none",
        "verify-client-cert none", "verb 3",
    ]
    private static let client = [
        "client", "dev tun", "proto tcp-client", "remote 127.0.0.1", "route-nopull",
        "ca server.crt", "auth-retry none", "verb 3", "reneg-sec 2",
    ]
    private static let up = "Initialization Sequence Completed"

    /// The client connects as a user who gives these answers.
    private func connect(
        _ room: ClosedRoom, _ answers: [(question: String, answer: String)]
    ) async throws -> Terminal {
        let script = """
            mkdir -p /dev/net
            [ -e /dev/net/tun ] || mknod /dev/net/tun c 10 200 || [ -e /dev/net/tun ]
            openvpn --config server.conf >server.log 2>&1 &
            until grep -q "Initialization Sequence Completed" server.log; do sleep 0.1; done
            openvpn --config client.conf
            """
        let terminal = try Terminal(room.running(script))
        for (question, answer) in answers {
            try await terminal.expect(question)
            try await terminal.type(answer)
        }
        return terminal
    }

    @Test("OpenVPN's challenge does not pass on the code, or renewing ends the connection")
    func challenge() async throws {
        let (room, fixture, codes) = try await room(
            "openvpn", "OpenVPN", after: "`/etc/pam.d/openvpn`")
        let plugin = try RecipePage.block("OpenVPN", after: "In the server's file")
        try room.write(plugin + Self.server, to: "server.conf")
        let asking = try RecipePage.block("OpenVPN", after: "in the client's")
        try room.write(asking + Self.client, to: "client.conf")
        let (name, password) = (fixture.person.name, fixture.person.password)
        let refused = [
            (password, Self.wrong, "AUTH_FAILED"),
            ("wrong", codes[0], "AUTH_FAILED"),
        ]
        for (password, code, end) in refused + [(password, codes[1], Self.up)] {
            let terminal = try await connect(
                room,
                [
                    ("Username:", name), ("Password:", password),
                    ("CHALLENGE: Verification code", code),
                ])
            let met = try await terminal.expectAny(["AUTH_FAILED", Self.up])
            let shown = await terminal.transcript
            #expect((met == 1) == (end == Self.up), "\(shown)")
            guard met == 1 else { continue }
            for _ in 1...2 {
                try await terminal.expect("soft reset")
                let next = try await terminal.expectAny(
                    ["Control Channel:", "AUTH_FAILED", "Username:"])
                let renewed = await terminal.transcript
                #expect(next == 0, "\(renewed)")
            }
        }
    }

    @Test("OpenVPN refuses password and code in one field, or accepts less")
    func oneField() async throws {
        let (room, fixture, codes) = try await room(
            "openvpn", "OpenVPN", after: "is then:")
        let plugin = try RecipePage.block("OpenVPN", after: "In the server's file")
            .map { $0.replacing(" verification OTP", with: "") }
        try room.write(plugin + Self.server, to: "server.conf")
        let asking = try RecipePage.block("OpenVPN", after: "in the client's")
            .filter { !$0.hasPrefix("static-challenge") }
        try room.write(asking + Self.client, to: "client.conf")
        for (code, isRight) in [(Self.wrong, false), (codes[0], true)] {
            let terminal = try await connect(
                room,
                [("Username:", fixture.person.name), ("Password:", fixture.person.password + code)])
            let met = try await terminal.expectAny(["AUTH_FAILED", Self.up])
            let shown = await terminal.transcript
            #expect((met == 1) == isRight, "\(shown)")
        }
    }

    // MARK: ocserv

    @Test("ocserv does not ask for the code after the password, or lets in without it")
    func ocserv() async throws {
        let (room, fixture, codes) = try await room(
            "ocserv", "ocserv", after: "`/etc/pam.d/ocserv`")
        let method = try RecipePage.block("ocserv", after: "In `ocserv.conf`")
        let others = [
            "listen-host = 127.0.0.1", "tcp-port = 4443", "run-as-user = nobody",
            "run-as-group = daemon", "socket-file = \(room.folder)/socket", "use-occtl = false",
            "server-cert = server.crt", "server-key = server.key", "device = vpns",
            "ipv4-network = 10.9.0.0", "ipv4-netmask = 255.255.255.0",
        ]
        try room.write(method + others, to: "ocserv.conf")
        let script = """
            ocserv -f -d 1 -c ocserv.conf >ocserv.log 2>&1 &
            pin=$(openssl x509 -in server.crt -pubkey -noout | openssl pkey -pubin -outform der |
                openssl dgst -sha256 -binary | base64)
            # Its other half, which asks PAM, has a socket of its own.
            until ss -ltn | grep -q ":4443 " && ss -lx | grep -q "$PWD/socket"; do sleep 0.1; done
            openconnect --authenticate -u "$1" --servercert "pin-sha256:$pin" https://127.0.0.1:4443
            """
        for (code, isRight) in [(Self.wrong, false), (codes[0], true)] {
            let terminal = try Terminal(room.running(script, [fixture.person.name]))
            try await terminal.expect("Password:")
            try await terminal.type(fixture.person.password)
            try await terminal.expect(LoginFixture.Words.prompt)
            try await terminal.type(code)
            let met = try await terminal.expectAny(["Failed to complete", "COOKIE="])
            let shown = await terminal.transcript
            #expect((met == 1) == isRight, "\(shown)")
        }
    }
}
