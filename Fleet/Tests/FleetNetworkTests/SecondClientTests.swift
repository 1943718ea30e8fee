import Foundation
import Testing

@testable import FleetNetwork

@Suite("Other programs find what the protocol promises", .serialized)
struct SecondClientTests {
    let fleet: TestFleet
    let service = ScriptedService()
    private let folder: TestFolder
    private let authority: String

    init() throws {
        fleet = try TestFleet()
        folder = try TestFolder()
        authority = try folder.file("ca.pem", fleet.authority.certificateText)
    }

    private func curl(_ server: TestServer, _ path: String, _ words: String...) async throws
        -> String
    {
        try await Program.run(
            "/usr/bin/curl",
            [
                "-s", "--max-time", "20", "--cacert", authority, "-w",
                " %{http_code} %{http_version}",
                "https://127.0.0.1:\(server.port)\(path)",
            ] + words
        ).output
    }

    @Test("curl cannot ask as a host")
    func asHost() async throws {
        let server = try await fleet.server(service)
        service.onCall { .answered(Array("{\"host\":\"\($0.host)\"}".utf8), receipt: "1.2.m") }
        let host = try folder.file("host.pem", fleet.credentials("web17", server: server).text)
        let answer = try await curl(
            server, "/v1/call", "--cert", host, "--key", host, "-d", "{}", "-H",
            "Swiftotp-Request: 000102030405060708090a0b0c0d0e0f", "-H", "Swiftotp-Within: 3000")
        #expect(answer == "{\"host\":\"web17\"} 200 1.1")
        #expect(service.calls.first?.request == Array(0...15))
        let ping = try await curl(server, "/v1/ping", "--cert", host, "--key", host)
        #expect(ping == "{\"ready\":true} 200 1.1")
        let stranger = try await curl(server, "/v1/ping")
        #expect(stranger == "{\"error\":\"a certificate of a host is needed\"} 401 1.1")
        await server.stop()
    }

    @Test("TLS 1.2 is spoken")
    func oldTLS() async throws {
        let server = try await fleet.server(service)
        #expect(try await curl(server, "/v1/ping", "--tls-max", "1.2").hasSuffix(" 000 0"))
        #expect(try await curl(server, "/v1/ping", "--tlsv1.3").hasSuffix(" 401 1.1"))
        let words = ["s_client", "-connect", "127.0.0.1:\(server.port)", "-CAfile", authority]
        let old = try await Program.run("/usr/bin/openssl", words + ["-tls1_2"])
        #expect(old.output.contains("New, (NONE), Cipher is (NONE)"))
        let new = try await Program.run("/usr/bin/openssl", words + ["-verify_ip", "127.0.0.1"])
        #expect(new.output.contains("New, TLSv1.3"))
        #expect(new.output.contains("Verify return code: 0 (ok)"))
        await server.stop()
    }

    @Test("The server does not ask for a certificate, or resumes a session without it")
    func sessions() async throws {
        let server = try await fleet.server(service)
        let host = try folder.file("host.pem", fleet.credentials("web17", server: server).text)
        let session = "\(folder.path)/session"
        let ask = "GET /v1/ping HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        let words = [
            "s_client", "-quiet", "-no_ign_eof", "-connect", "127.0.0.1:\(server.port)", "-CAfile",
            authority,
        ]
        // Whoever has only the ticket of a host's session is a stranger, or is that host.
        let first = try await Program.run(
            "/usr/bin/openssl",
            words + ["-cert", host, "-key", host, "-sess_out", session, "-ign_eof"],
            input: ask)
        #expect(first.output.contains("HTTP/1.1 200"))
        let pings = service.pings
        #expect(pings == ["web17"])
        if FileManager.default.fileExists(atPath: session) {
            let second = try await Program.run(
                "/usr/bin/openssl", words + ["-sess_in", session, "-ign_eof"], input: ask)
            #expect(second.output.contains("HTTP/1.1 401") || service.pings == ["web17", "web17"])
        }
        await server.stop()
    }
}
