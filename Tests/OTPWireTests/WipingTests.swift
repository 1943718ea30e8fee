import Foundation
import TestSupport
import Testing

@testable import OTPCore
@testable import OTPWire

/// The contents of a frame do not stay in memory. Without the programs' own free(3), which also
/// wipes.
@Suite("Frames are wiped", .timeLimit(.minutes(2)))
struct WipingTests {
    /// Runs a Python program with this end of a connection as standard input; its output and errors
    /// come to us.
    private static func start(_ script: String, at end: CInt) throws -> Child {
        try Child(["/usr/bin/python3", "-Ic", script], streams: .descriptors(end, 2, 2))
    }

    /// Where eight bytes of this occur in a memory image.
    private static func places(of secret: [UInt8], in image: MemoryImage) -> [String] {
        image.places(
            of: stride(from: 0, through: secret.count - 8, by: 4).map {
                SecretForm("from \($0)", Array(secret[$0..<$0 + 8]))
            })
    }

    @Test("A received answer is not wiped: in pieces, after another frame, or truncated")
    func received() async throws {
        await #expect(processExitsWith: .success) {
            let scratch = try Scratch()
            let path = scratch.file("secret")
            // The secret is printed when it is no longer in our memory.
            let script = """
                import os, socket, time
                there = socket.socket(fileno=0)
                secret = os.urandom(96)
                for text in (b"", secret + bytes(6000), b"x" + secret):
                    frame = (len(text) + 1).to_bytes(2, "big") + b"\\2" + text
                    for place in range(0, len(frame), 50):
                        there.sendall(frame[place:place + 50])
                there.sendall(b"\\0\\x7f\\2" + secret)
                there.recv(1)
                with open("\(path).new", "wb") as file:
                    file.write(secret)
                os.rename("\(path).new", "\(path)")
                """
            let (one, two) = try UnixSocket.pair()
            let program = try WipingTests.start(script, at: two)
            close(two)
            do {
                var here = FrameChannel(Socket(one))
                for count in [0, 6096, 97] {
                    var frame = try here.receive(until: Deadline(in: .seconds(30)))
                    #expect(frame.payload.count == count)
                    Secret.wipe(&frame.payload)
                }
                // The beginning of a frame whose rest never arrives.
                do throws(WireError) {
                    _ = try here.receive(until: Deadline(in: .milliseconds(300)))
                    Issue.record("a whole frame")
                } catch {
                    #expect(error == .timedOut)
                }
            }
            let image = try MemoryImage(of: getpid())
            _ = try await program.finish()
            let secret = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
            #expect(secret.count == 96)
            #expect(WipingTests.places(of: secret, in: image) == [])
        }
    }

    @Test("An answer that was sent, or could not be, is not wiped")
    func sent() async throws {
        await #expect(processExitsWith: .success) {
            let scratch = try Scratch()
            let path = scratch.file("secret")
            let made = try await Command.run(
                ["dd", "if=/dev/urandom", "of=\(path)", "bs=96", "count=1", "status=none"])
            try #require(made.status == 0)
            let file = open(path, O_RDONLY | O_CLOEXEC)
            func read() throws -> [UInt8] {
                var bytes = [UInt8](repeating: 0, count: 96)
                try #require(pread(file, &bytes, 96, 0) == 96)
                return bytes
            }
            let (one, two) = try UnixSocket.pair()
            do {
                var here = FrameChannel(Socket(one))
                // Several in a row, so that the queue grows.
                for _ in 0..<3 { here.queue(.answer, try read()) }
                try here.flush(until: Deadline(in: .seconds(30)))
                here.queue(.answer, try read())
            }
            close(two)
            let (three, four) = try UnixSocket.pair()
            close(four)
            do {
                var here = FrameChannel(Socket(three))
                here.queue(.answer, try read())
                do throws(WireError) {
                    try here.flush(until: Deadline(in: .seconds(30)))
                    Issue.record("sent to nobody")
                } catch {
                    #expect(error == .closed)
                }
                here.queue(.answer, try read())
            }
            let image = try MemoryImage(of: getpid())
            #expect(WipingTests.places(of: try read(), in: image) == [])
        }
    }

    @Test("An answer that was not wiped is not found, so the tests above cannot fail")
    func notWiped() async throws {
        await #expect(processExitsWith: .success) {
            let (one, two) = try UnixSocket.pair()
            let program = try WipingTests.start(
                """
                import socket
                there = socket.socket(fileno=0)
                there.sendall(b"\\0\\x41\\2" + bytes(n * 151 % 256 for n in range(64)))
                """, at: two)
            close(two)
            var here = FrameChannel(Socket(one))
            let frame = try here.receive(until: Deadline(in: .seconds(30)))
            let image = try MemoryImage(of: getpid())
            _ = try await program.finish()
            let text = (0..<64).map { UInt8($0 * 151 % 256) }
            #expect(WipingTests.places(of: text, in: image).count >= 15)
            #expect(frame.payload.count == 64)
        }
    }
}
