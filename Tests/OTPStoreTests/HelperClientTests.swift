import Foundation
import TestSupport
import Testing

@testable import OTPCore
@testable import OTPStore

/// A program that is not root, and what may listen where swiftotp-helper should.
@Suite("The connection to swiftotp-helper", .timeLimit(.minutes(2)))
struct HelperClientTests {
    /// What a question for the status comes to where `body` is at the other end.
    private func ask(_ body: @escaping @Sendable (CInt) -> Void) throws -> (
        kind: String, request: [UInt8]
    ) {
        let place = try Place()
        let socket = try UnixSocket(at: place.file("socket"))
        let end = socket.serve(body)
        var request = HelperRequest.statusMessage
        defer { end.wait() }
        do throws(StoreError) {
            let client = try HelperClient(path: socket.path)
            switch try client.ask(&request) {
            case .done: return ("done", request)
            case .denied(_, let text): return ("denied: \(text)", request)
            default: return ("other", request)
            }
        } catch {
            #expect(error.subject == socket.path)
            return ("\(error.code): \(error.detail)", request)
        }
    }

    @Test("A request arrives as it is, its reply comes in parts of any size, and it is wiped")
    func reply() throws {
        let sent = HelperRequest.statusMessage
        for size in [1, 2, 3, .max] {
            let (kind, request) = try ask { connection in
                #expect(
                    UnixSocket.receive(sent.count + 2, from: connection)
                        == [0, UInt8(sent.count)] + sent)
                let reply = HelperReply.doneMessage
                UnixSocket.send([0, UInt8(reply.count)] + reply, to: connection, parts: size)
            }
            #expect(kind == "done")
            #expect(request.allSatisfy { $0 == 0 })
        }
    }

    @Test(
        "What ends too early or speaks another language is an error in plain words",
        arguments: [
            ([], "system: swiftotp-helper ended without an answer"),
            ([0], "system: swiftotp-helper ended without an answer"),
            ([0, 5], "system: swiftotp-helper ended without an answer"),
            ([0, 5, 135, 1], "system: swiftotp-helper ended without an answer"),
            ([0, 0], "system: swiftotp-helper speaks another language"),
            ([0x10, 0x01, 135], "system: swiftotp-helper speaks another language"),
            ([255, 255], "system: swiftotp-helper speaks another language"),
            ([0, 1, 200], "system: swiftotp-helper speaks another language"),
            (
                Array("HTTP/1.1 400 Bad Request\r\n".utf8),
                "system: swiftotp-helper speaks another language"
            ),
        ] as [([UInt8], String)])
    func strangeReplies(_ reply: [UInt8], _ said: String) throws {
        let length = HelperRequest.statusMessage.count + 2
        let (kind, request) = try ask { connection in
            _ = UnixSocket.receive(length, from: connection)
            UnixSocket.send(reply, to: connection)
        }
        #expect(kind == said)
        #expect(request.allSatisfy { $0 == 0 })
    }

    @Test("A helper that refuses a connection and ends before the request has still said why")
    func refused() throws {
        let place = try Place()
        let socket = try UnixSocket(at: place.file("socket"))
        let reply = HelperReply.deniedMessage(.unavailable, Array("too many connections".utf8))
        let end = socket.serve {
            UnixSocket.send([0, UInt8(reply.count)] + reply, to: $0)
        }
        let client = try HelperClient(path: socket.path)
        end.wait()
        var request = HelperRequest.statusMessage
        guard case .denied(.unavailable, let text) = try client.ask(&request) else {
            Issue.record("not denied")
            return
        }
        #expect(text == "too many connections")
    }

    @Test("Nobody who listens: nothing there, a file in its place, and one who has gone")
    func nobody() throws {
        let place = try Place()
        try place.write([], to: "file")
        do { _ = try UnixSocket(at: place.file("gone")) }
        for name in ["none", "file", "gone"] {
            let code = trouble { () throws(StoreError) in
                _ = try HelperClient(path: place.bytes(name))
            }
            #expect(code == .missing, "\(name)")
        }
        let long = place.bytes(String(repeating: "x", count: 108))
        #expect(trouble { () throws(StoreError) in _ = try HelperClient(path: long) } == .system)
        let folder = place.bytes("file/socket")
        #expect(trouble { () throws(StoreError) in _ = try HelperClient(path: folder) } == .unsafe)
    }

    @Test("Too many who wait already: told at once, not when it is one's turn")
    func full() throws {
        let place = try Place()
        let socket = try UnixSocket(at: place.file("socket"), backlog: 0)
        let first = try UnixSocket.connect(to: place.file("socket"))
        defer { close(first) }
        let start = ContinuousClock.now
        let code = trouble { () throws(StoreError) in _ = try HelperClient(path: socket.path) }
        #expect(code == .busy)
        #expect(ContinuousClock.now - start < .seconds(10))
    }

    @Test("Somebody else in its place, who is not root, is told nothing")
    func impostor() async throws {
        await #expect(processExitsWith: .success) {
            let place = try Place()
            #expect(chmod(place.path, 0o777) == 0)
            try #require(seteuid(65_534) == 0)
            let socket = try UnixSocket(at: place.file("socket"))
            let code = trouble { () throws(StoreError) in _ = try HelperClient(path: socket.path) }
            #expect(code == .unsafe)
            try #require(seteuid(0) == 0)
        }
    }

    @Test("Who calls: one user, or nobody where the real and the effective one differ")
    func caller() async throws {
        #expect(try HelperClient.caller() == 0)
        await #expect(processExitsWith: .success) {
            try #require(seteuid(65_534) == 0)
            #expect(try HelperClient.caller() == nil)
            try #require(seteuid(0) == 0 && setegid(65_534) == 0)
            #expect(try HelperClient.caller() == 0)
        }
    }

    @Test("Where it listens unless somebody says otherwise is where the unit has it")
    func path() throws {
        let unit = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../packaging/systemd/swiftotp-helper.socket")
        let lines = try String(contentsOf: unit, encoding: .utf8).split(separator: "\n")
        let path = String(decoding: HelperClient.defaultPath, as: UTF8.self)
        #expect(lines.contains { $0 == "ListenStream=\(path)" })
    }
}
