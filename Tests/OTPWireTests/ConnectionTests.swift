import Foundation
import TestSupport
import Testing

@testable import OTPWire

/// The socket below the frames: who is at the other end, how long it waits, and how errors are
/// handled.
@Suite("Connections", .timeLimit(.minutes(2)))
struct ConnectionTests {
    private func error(_ body: () throws(WireError) -> Void) -> WireError? {
        do throws(WireError) {
            try body()
            return nil
        } catch {
            return error
        }
    }

    @Test("A silent or blocked peer is waited for beyond the deadline, or not until it")
    func deadlines() throws {
        let (one, two) = try UnixSocket.pair()
        var here = FrameChannel(Socket(one))
        defer { close(two) }
        let start = ContinuousClock.now
        let nothing = error { () throws(WireError) in
            _ = try here.receive(until: Deadline(in: .milliseconds(50)))
        }
        #expect(nothing == .timedOut)
        UnixSocket.send([0, 9, 2, 1], to: two)
        let half = error { () throws(WireError) in
            _ = try here.receive(until: Deadline(in: .milliseconds(50)))
        }
        #expect(half == .timedOut)
        let deadline = Deadline(in: .milliseconds(200))
        let full = error { () throws(WireError) in
            while true {
                here.queue(.infoMessage, [UInt8](repeating: 1, count: 30_000))
                try here.flush(until: deadline)
            }
        }
        #expect(full == .timedOut)
        #expect(ContinuousClock.now - start > .milliseconds(290))
        #expect(ContinuousClock.now - start < .seconds(30))
    }

    @Test("A frame sent byte by byte gets more time than one sent at once")
    func drip() throws {
        let (one, two) = try UnixSocket.pair()
        var here = FrameChannel(Socket(one))
        let sender = Thread {
            for byte in [UInt8](repeating: 0, count: 1) + [200, 2]
                + [UInt8](repeating: 9, count: 199)
            {
                guard Foundation.send(two, [byte], 1, CInt(MSG_NOSIGNAL)) == 1 else { break }
                usleep(5_000)
            }
            close(two)
        }
        sender.start()
        let late = error { () throws(WireError) in
            _ = try here.receive(until: Deadline(in: .milliseconds(100)))
        }
        #expect(late == .timedOut)
    }

    @Test("What has arrived is not read after the deadline")
    func readyAtTheEnd() throws {
        let (one, two) = try UnixSocket.pair()
        var here = FrameChannel(Socket(one))
        defer { close(two) }
        UnixSocket.send(FrameBytes.frame(2, [7]), to: two)
        #expect(try here.receive(until: Deadline(in: .zero)) == Frame(.answer, [7]))
    }

    @Test("A missing peer is not an error, or its signal ends the program")
    func gone() throws {
        let (one, two) = try UnixSocket.pair()
        close(two)
        var here = FrameChannel(Socket(one))
        let sent = error { () throws(WireError) in
            here.queue(.answer, [1])
            try here.flush(until: Deadline(in: .seconds(30)))
        }
        #expect(sent == .closed)
        let received = error { () throws(WireError) in
            _ = try here.receive(until: Deadline(in: .seconds(30)))
        }
        #expect(received == .closed)
    }

    @Test("A peer that has stopped sending cannot be told anything")
    func halfClosed() throws {
        let (one, two) = try UnixSocket.pair()
        var here = FrameChannel(Socket(one))
        defer { close(two) }
        shutdown(two, CInt(SHUT_WR))
        let received = error { () throws(WireError) in
            _ = try here.receive(until: Deadline(in: .seconds(30)))
        }
        #expect(received == .closed)
        here.queue(.end, [3])
        try here.flush(until: Deadline(in: .seconds(30)))
        #expect(UnixSocket.receive(4, from: two) == FrameBytes.frame(73, [3]))
    }

    @Test("A connection outlives its owner")
    func closing() throws {
        let (one, two) = try UnixSocket.pair()
        defer { close(two) }
        do { _ = FrameChannel(Socket(one)) }
        #expect(UnixSocket.receive(1, from: two).isEmpty)
    }

    // MARK: The other end

    @Test("The peer is not the effective user, or the sender not the real one")
    func users() async throws {
        await #expect(processExitsWith: .success) {
            let (one, two) = try UnixSocket.pair()
            // As a setuid program of root's that another user has started.
            try #require(setreuid(1000, 0) == 0)
            let (three, four) = try UnixSocket.pair()
            var told = FrameChannel(Socket(one))
            let plain = FrameChannel(Socket(three))
            #expect(try told.peer() == 0 && plain.peer() == 0)
            #expect(told.sender == nil)
            let yes: CInt = 1
            try #require(
                setsockopt(
                    one, SOL_SOCKET, SO_PASSCRED, [yes], socklen_t(MemoryLayout<CInt>.size)) == 0)
            UnixSocket.send(FrameBytes.frame(2), to: two)
            _ = try told.receive(until: Deadline(in: .seconds(30)))
            #expect(told.sender == 1000)
            // If the kernel was not asked, nobody is named.
            var other = plain
            UnixSocket.send(FrameBytes.frame(2), to: four)
            _ = try other.receive(until: Deadline(in: .seconds(30)))
            #expect(other.sender == nil)
        }
    }

    /// Runs a Python program with this end of a connection as standard input.
    private static func run(_ script: String, at end: CInt) async throws {
        let program = try Child(
            ["/usr/bin/python3", "-Ic", script], streams: .descriptors(end, 2, 2))
        try #require(try await program.finish() == 0)
    }

    @Test("A sender can claim to be another user")
    func forged() async throws {
        await #expect(processExitsWith: .success) {
            let (one, two) = try UnixSocket.pair()
            let socket = Socket(one)
            socket.tellSenders()
            var here = FrameChannel(socket)
            let script = """
                import os, socket, struct
                there = socket.socket(fileno=0)
                os.setuid(1000)
                try:
                    claim = struct.pack("3i", os.getpid(), 0, 0)
                    there.sendmsg([b"\\0\\1\\2"], [(socket.SOL_SOCKET, 2, claim)])
                except PermissionError:
                    there.sendall(b"\\0\\1\\3")
                """
            try await ConnectionTests.run(script, at: two)
            let frame = try here.receive(until: Deadline(in: .seconds(30)))
            #expect(frame.kind == .noAnswer && here.sender == 1000)
        }
    }

    @Test("Files sent along are kept")
    func files() async throws {
        await #expect(processExitsWith: .success) {
            let scratch = try Scratch()
            let path = try scratch.write("", to: "sent")
            let script = """
                import array, socket
                there = socket.socket(fileno=0)
                file = open("\(path)")
                sent = [file.fileno()] * 100
                for _ in range(20):
                    there.sendmsg([b"\\0\\1\\2"], [
                        (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", sent))])
                """
            for isTold in [true, false] {
                let (one, two) = try UnixSocket.pair()
                let socket = Socket(one)
                if isTold { socket.tellSenders() }
                var here = FrameChannel(socket)
                try await ConnectionTests.run(script, at: two)
                for _ in 0..<20 {
                    _ = try here.receive(until: Deadline(in: .seconds(30)))
                }
                let files = FileManager.default
                let open = try files.contentsOfDirectory(atPath: "/proc/self/fd").map {
                    (try? files.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)")) ?? ""
                }
                #expect(!open.isEmpty && !open.contains(path))
            }
        }
    }

    @Test("A descriptor that is not a connected Unix socket has a peer")
    func noPeer() throws {
        let file = open("/dev/null", O_RDWR | O_CLOEXEC)
        #expect(error { () throws(WireError) in _ = try Socket(file).peer() } == .system(ENOTSOCK))
        let alone = try UnixSocket.new()
        #expect(error { () throws(WireError) in _ = try Socket(alone).peer() } == .system(ENOTCONN))
        let inet = socket(AF_INET, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        #expect(error { () throws(WireError) in _ = try Socket(inet).peer() } == .system(ENOTCONN))
        #expect(error { () throws(WireError) in _ = try Socket(-1).peer() } == .system(EBADF))
    }

    @Test("An impossible path, or one where nobody listens, does not fail properly")
    func paths() throws {
        let scratch = try Scratch()
        try scratch.write("", to: "file")
        do { _ = try UnixSocket(at: scratch.file("gone")) }
        func connect(_ path: String) -> WireError? {
            error { () throws(WireError) in _ = try Socket(connectingTo: Array(path.utf8)) }
        }
        #expect(connect("") == .system(ENAMETOOLONG))
        #expect(connect("/x\0y") == .system(ENAMETOOLONG))
        #expect(connect("/" + String(repeating: "x", count: 107)) == .system(ENAMETOOLONG))
        #expect(connect("/" + String(repeating: "x", count: 106)) == .system(ENOENT))
        #expect(connect(scratch.file("none")) == .system(ENOENT))
        #expect(connect(scratch.file("file")) == .system(ECONNREFUSED))
        #expect(connect(scratch.file("gone")) == .system(ECONNREFUSED))
        #expect(connect(scratch.file("file/x")) == .system(ENOTDIR))
    }
}
