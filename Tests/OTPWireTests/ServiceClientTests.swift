import Foundation
import TestSupport
import Testing

@testable import OTPCore
@testable import OTPWire

/// otp-enroll's end of a connection, and what may listen in swiftotpd's place.
@Suite("The client of swiftotpd", .timeLimit(.minutes(3)))
struct ServiceClientTests {
    private static let welcome = FrameBytes.frame(64, [2])
    private static let done = replyFrame(.taken(name: "x", isNew: true, beside: []))
    private static let request = frame(of: 5, Request(.status))

    private static func replyFrame(_ result: Reply.Result) -> [UInt8] {
        frame(of: 74, Reply(result))
    }

    private static func frame(of kind: UInt8, _ document: some Encodable) -> [UInt8] {
        do {
            return FrameBytes.frame(kind, try Document.encode(document))
        } catch {
            return []
        }
    }

    /// The result of asking for the status while `body` is at the other end of each connection in
    /// turn.
    private func ask(_ bodies: [@Sendable (CInt) -> Void]) throws -> String {
        let scratch = try Scratch()
        let socket = try UnixSocket(at: scratch.file("socket"))
        let end = socket.serve(bodies)
        defer { end.wait() }
        do throws(StoreError) {
            let client = try ServiceClient(path: socket.path)
            switch try client.send(Request(.status)) {
            case .taken: return "done"
            case .denied(let reason): return "denied: \(reason)"
            default: return "other"
            }
        } catch {
            #expect(error.subject == socket.path)
            return "\(error.code): \(error.detail)"
        }
    }

    private func ask(_ body: @escaping @Sendable (CInt) -> Void) throws -> String {
        try ask([body])
    }

    private static func answers(_ bytes: [UInt8], parts: Int = .max) -> @Sendable (CInt) -> Void {
        { connection in
            UnixSocket.send(welcome, to: connection, parts: parts)
            _ = UnixSocket.receive(request.count, from: connection)
            UnixSocket.send(bytes, to: connection, parts: parts)
        }
    }

    @Test("A request changes on the way, or a reply in pieces is not read")
    func reply() throws {
        for size in [1, 2, 3, .max] {
            let said = try ask { connection in
                UnixSocket.send(Self.welcome, to: connection, parts: size)
                #expect(
                    UnixSocket.receive(Self.request.count, from: connection)
                        == Self.request)
                UnixSocket.send(Self.done, to: connection, parts: size)
            }
            #expect(said == "done")
        }
    }

    @Test("Several requests on one connection fail")
    func several() throws {
        let scratch = try Scratch()
        let socket = try UnixSocket(at: scratch.file("socket"))
        let end = socket.serve { connection in
            UnixSocket.send(Self.welcome, to: connection)
            for _ in 0..<3 {
                _ = UnixSocket.receive(Self.request.count, from: connection)
                UnixSocket.send(Self.done, to: connection)
            }
        }
        let client = try ServiceClient(path: socket.path)
        for _ in 0..<3 {
            guard case .taken = try client.send(Request(.status)) else {
                Issue.record("another reply")
                continue
            }
        }
        end.wait()
    }

    // MARK: Strange services

    private static let another = "system: swiftotpd is of another version"
    private static let ended = "system: swiftotpd ended without an answer"

    @Test(
        "A first frame that is not a welcome of this version gives no clear error",
        arguments: [
            ([], ended), ([0], ended), ([0, 2, 64], ended), (FrameBytes.frame(64, [1]), another),
            (FrameBytes.frame(64, [3]), another), (FrameBytes.frame(64), another),
            (FrameBytes.frame(64, [2, 0]), another), (FrameBytes.frame(73, [0]), another),
            (done, another), ([0, 0], another), ([255, 255], another),
            (Array("HTTP/1.1 400 Bad Request\r\n".utf8), another),
            // The helper of an earlier version, which is silent until it is asked.
            ([0, 2, 1, 136], another),
        ] as [([UInt8], String)])
    func strangeWelcomes(bytes: [UInt8], said: String) throws {
        #expect(try ask { UnixSocket.send(bytes, to: $0) } == said)
    }

    @Test(
        "A truncated or invalid reply gives no clear error",
        arguments: [
            ([], ended), ([0], ended), ([0, 5], ended), (Array(done.dropLast()), ended),
            ([0, 0], another), ([0x80, 0x01, 74], another), (FrameBytes.frame(200), another),
            (welcome, another), (FrameBytes.frame(74), another),
            (FrameBytes.frame(74, Array("{}".utf8)), another),
            (FrameBytes.frame(74, Array(#"{"version":2,"result":{}}"#.utf8)), another),
            (FrameBytes.frame(73, [0]), another),
            (FrameBytes.frame(65, Array("no \"room\"\n".utf8)), "busy: no 'room'?"),
        ] as [([UInt8], String)])
    func strangeReplies(bytes: [UInt8], said: String) throws {
        #expect(try ask(Self.answers(bytes)) == said)
    }

    // MARK: Busy

    @Test("A service that is full is not tried again until it has room")
    func busyThenWelcome() throws {
        let full: @Sendable (CInt) -> Void = {
            UnixSocket.send(FrameBytes.frame(65, Array("full".utf8)), to: $0)
        }
        #expect(try ask([full, full, full, Self.answers(Self.done)]) == "done")
    }

    @Test("A service that stays full is not given up after two seconds, with its reason")
    func busy() throws {
        let scratch = try Scratch()
        let socket = try UnixSocket(at: scratch.file("socket"))
        let full: @Sendable (CInt) -> Void = {
            UnixSocket.send(FrameBytes.frame(65, Array("no room\u{1b}".utf8)), to: $0)
        }
        socket.serve(Array(repeating: full, count: 200))
        let start = ContinuousClock.now
        #expect(trouble(socket.path) == "busy: no room?")
        #expect((.seconds(2)...(.seconds(30))).contains(ContinuousClock.now - start))
    }

    /// Why no client can be made.
    private func trouble(_ path: [UInt8]) -> String? {
        do throws(StoreError) {
            _ = try ServiceClient(path: path)
            return nil
        } catch {
            return "\(error.code): \(error.detail)"
        }
    }

    @Test("A full queue of connections is waited for too long")
    func backlog() throws {
        let scratch = try Scratch()
        let socket = try UnixSocket(at: scratch.file("socket"), backlog: 0)
        let first = try UnixSocket.connect(to: scratch.file("socket"))
        defer { close(first) }
        let start = ContinuousClock.now
        #expect(trouble(socket.path) == "busy: too many are waiting for swiftotpd")
        #expect(ContinuousClock.now - start < .seconds(30))
    }

    @Test("A silent service is not given up after twenty seconds")
    func silent() throws {
        let start = ContinuousClock.now
        let said = try ask { connection in
            _ = UnixSocket.receive(1, from: connection)
        }
        #expect(said == "busy: swiftotpd does not answer")
        #expect((.seconds(20)...(.seconds(60))).contains(ContinuousClock.now - start))
    }

    // MARK: Nobody, or an impostor

    @Test("If nobody listens (no file, another file, a stale socket), the error is another one")
    func nobody() throws {
        let scratch = try Scratch()
        try scratch.write("", to: "file")
        do { _ = try UnixSocket(at: scratch.file("gone")) }
        for name in ["none", "file", "gone"] {
            let said = trouble(Array(scratch.file(name).utf8))
            #expect(said == "missing: swiftotpd is not listening there", "\(name)")
        }
        let long = scratch.file(String(repeating: "x", count: 108))
        #expect(trouble(Array(long.utf8)) == "system: error number \(ENAMETOOLONG)")
    }

    @Test("An impostor that is not root is told something, or waited for")
    func impostor() async throws {
        await #expect(processExitsWith: .success) {
            let scratch = try Scratch()
            #expect(chmod(scratch.path, 0o777) == 0)
            try #require(seteuid(65_534) == 0)
            let socket = try UnixSocket(at: scratch.file("socket"))
            let end = socket.serve { connection in
                // The service says nothing first: a client that expected a greeting would hang.
                #expect(UnixSocket.receive(1, from: connection).isEmpty)
            }
            let start = ContinuousClock.now
            do throws(StoreError) {
                _ = try ServiceClient(path: socket.path)
                Issue.record("a client of somebody else's")
            } catch {
                #expect(error.code == .unsafe)
                #expect(error.detail == "the program that listens there is not root's")
            }
            #expect(ContinuousClock.now - start < .seconds(10))
            end.wait()
            try #require(seteuid(0) == 0)
        }
    }

    @Test("Without descriptors, the error is \"nobody listens\"")
    func noDescriptor() async throws {
        await #expect(processExitsWith: .success) {
            let path = Array("/nonexistent/socket".utf8)
            var limit = rlimit()
            try #require(getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)
            limit.rlim_cur = 0
            try #require(setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)
            do throws(StoreError) {
                _ = try ServiceClient(path: path)
                Issue.record("a client without a descriptor")
            } catch {
                #expect(error.code == .system && error.detail == "error number \(EMFILE)")
            }
        }
    }

    @Test("The default socket is not the one in the unit")
    func path() throws {
        let unit = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../packaging/systemd/swiftotpd.socket")
        let lines = try String(contentsOf: unit, encoding: .utf8).split(separator: "\n")
        let path = String(decoding: ServiceClient.defaultPath, as: UTF8.self)
        #expect(lines.contains { $0 == "ListenStream=\(path)" })
    }
}
