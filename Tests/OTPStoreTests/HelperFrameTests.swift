import Foundation
import TestSupport
import Testing

@testable import OTPCore
@testable import OTPStore

/// swiftotp-helper's end of a connection. Its socket is the standard input, which these tests take
/// away in a process of its own.
@Suite("Messages, connections and slots", .timeLimit(.minutes(2)))
struct HelperFrameTests {
    private func soon(_ milliseconds: Int64) throws(Errno) -> Int64 {
        try HelperFrame.now() + milliseconds
    }

    private func error(_ body: () throws(Errno) -> Void) -> CInt? {
        do throws(Errno) {
            try body()
            return nil
        } catch {
            return error.number
        }
    }

    @Test("A message comes out as it went in, one after the other, and then the end")
    func messages() throws {
        let (left, right) = try UnixSocket.pair()
        let reader = FileDescriptor(right)
        let messages = [[7], Array(repeating: 1, count: 4096), Array(0...255)] as [[UInt8]]
        do {
            let writer = FileDescriptor(left)
            for message in messages {
                try HelperFrame.send(message.span, to: writer, until: soon(30_000))
            }
        }
        for message in messages {
            let read = try HelperFrame.receive(from: reader, maximum: 4096, until: soon(30_000))
            #expect(read == message)
        }
        #expect(try HelperFrame.receive(from: reader, maximum: 4096, until: soon(30_000)) == nil)
    }

    @Test("Nobody who reads, and nobody who writes, is waited for until the deadline and no longer")
    func deadlines() throws {
        let (left, right) = try UnixSocket.pair()
        let here = FileDescriptor(left)
        let there = FileDescriptor(right)
        let start = ContinuousClock.now
        let nothing = error { () throws(Errno) in
            _ = try HelperFrame.receive(from: here, maximum: 16, until: soon(50))
        }
        #expect(nothing == ETIMEDOUT)
        let part = [0, 9, 1] as [UInt8]
        UnixSocket.send(part, to: there.number)
        let half = error { () throws(Errno) in
            _ = try HelperFrame.receive(from: here, maximum: 16, until: soon(50))
        }
        #expect(half == ETIMEDOUT)
        let message = [UInt8](repeating: 1, count: 60_000)
        let deadline = try soon(200)
        let full = error { () throws(Errno) in
            while true { try HelperFrame.send(message.span, to: here, until: deadline) }
        }
        #expect(full == ETIMEDOUT)
        #expect(ContinuousClock.now - start > .milliseconds(290))
    }

    @Test("Nobody at the other end is an error, not a signal that ends the program")
    func gone() throws {
        let (left, right) = try UnixSocket.pair()
        close(right)
        let here = FileDescriptor(left)
        let message: [UInt8] = [1]
        let sent = error { () throws(Errno) in
            try HelperFrame.send(message.span, to: here, until: soon(30_000))
        }
        #expect(sent == EPIPE)
    }

    // MARK: Slots

    /// Holds a slot, which an array cannot.
    private final class Held {
        private let slot: HelperSlot
        init(_ slot: consuming HelperSlot) { self.slot = slot }
    }

    @Test("Sixteen connections a user, whatever others have; one that ends makes room")
    func slots() throws {
        let place = try Place()
        try #require(mkdir(place.file("run"), 0o755) == 0)
        let folder = place.bytes("run")
        func take(_ uid: UInt32) throws -> Held? {
            guard let slot = try HelperSlot(of: uid, in: folder) else { return nil }
            return Held(slot)
        }
        var held: [Held] = []
        for _ in 0..<16 { held.append(try #require(try take(1000))) }
        #expect(try take(1000) == nil)
        for other in [0, 999, 1001, .max] as [UInt32] {
            #expect(try take(other) != nil)
        }
        held.remove(at: 7)
        // As soon as no program that another test starts has copies of our descriptors.
        #expect(
            try patiently {
                if let again = try take(1000) { held.append(again) }
                return held.count == 16
            })
        #expect(try take(1000) == nil)
        held = []
        #expect(try patiently { try take(1000) != nil })
        #expect(try place.names(in: "run") == ["connections"])
    }

    @Test("Where they cannot be counted there is none")
    func noFolder() throws {
        let place = try Place()
        let missing = trouble { () throws(StoreError) in
            _ = try HelperSlot(of: 1000, in: place.bytes("none"))
        }
        #expect(missing == .missing)
        try #require(mkdir(place.file("connections"), 0o755) == 0)
        let folder = trouble { () throws(StoreError) in
            _ = try HelperSlot(of: 1000, in: Array(place.path.utf8))
        }
        #expect(folder == .unsafe)
    }

    // MARK: The standard input

    @Test("Its peer is whom the kernel names; requests, replies and slots go by the socket")
    func connection() async throws {
        await #expect(processExitsWith: .success) {
            let place = try Place()
            let socket = try UnixSocket(at: place.file("socket"))
            let end = socket.serve { _ = dup2($0, 0) }
            let client = try UnixSocket.connect(to: place.file("socket"))
            end.wait()
            let connection = try HelperConnection(lasting: 60_000)
            #expect(connection.peer == 0)
            guard let slot = try connection.takeSlot() else {
                Issue.record("no slot")
                return
            }
            #expect(try place.names(in: "").contains("connections"))
            UnixSocket.send([0, 2, 8, 9], to: client)
            #expect(try connection.receive(within: 30_000) == [8, 9])
            let reply: [UInt8] = [1, 2, 3]
            try connection.send(reply.span, within: 30_000)
            #expect(UnixSocket.receive(5, from: client) == [0, 3, 1, 2, 3])
            close(client)
            #expect(try connection.receive(within: 30_000) == nil)
            _ = consume slot
        }
    }

    @Test("It ends when its time is over, however patient one request is")
    func lasting() async throws {
        await #expect(processExitsWith: .success) {
            let (left, right) = try UnixSocket.pair()
            try #require(dup2(left, 0) == 0)
            let connection = try HelperConnection(lasting: 50)
            let start = ContinuousClock.now
            #expect(throws: Errno(number: ETIMEDOUT)) {
                _ = try connection.receive(within: 600_000)
            }
            #expect(ContinuousClock.now - start < .seconds(30))
            // A socket without a path has no folder to count in.
            let code = trouble { () throws(StoreError) in _ = try connection.takeSlot() }
            #expect(code == .missing)
            close(right)
        }
    }

    @Test("A standard input that is no connection is none")
    func noConnection() async throws {
        await #expect(processExitsWith: .success) {
            let file = open("/dev/null", O_RDWR)
            try #require(dup2(file, 0) == 0)
            #expect(throws: Errno(number: ENOTSOCK)) { _ = try HelperConnection(lasting: 1000) }
            let alone = try UnixSocket.new()
            try #require(dup2(alone, 0) == 0)
            #expect(throws: Errno(number: ENOTCONN)) { _ = try HelperConnection(lasting: 1000) }
            close(0)
            #expect(throws: Errno(number: EBADF)) { _ = try HelperConnection(lasting: 1000) }
        }
    }
}
