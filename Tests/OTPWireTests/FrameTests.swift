import Foundation
import TestSupport
import Testing

@testable import OTPWire

/// Frames on a real connection: whatever is sent complete arrives complete, and anything else is an
/// error.
@Suite("Frames", .timeLimit(.minutes(2)))
struct FrameTests {
    private static let known = Set(Frame.Kind.allCases.map(\.rawValue))

    private func payload(_ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    }

    /// What a channel reads from these bytes, sent in parts of `parts` bytes, after which nothing
    /// more follows.
    private func read(_ bytes: [UInt8], parts: Int = .max) throws -> [Result<Frame, WireError>] {
        let (one, two) = try UnixSocket.pair()
        var channel = FrameChannel(Socket(one))
        let sender = Thread {
            UnixSocket.send(bytes, to: two, parts: parts)
            close(two)
        }
        sender.start()
        var found: [Result<Frame, WireError>] = []
        while true {
            do throws(WireError) {
                found.append(.success(try channel.receive(until: Deadline(in: .seconds(30)))))
            } catch {
                return found + [.failure(error)]
            }
        }
    }

    // MARK: Complete frames

    @Test("A frame's kind changes on the way")
    func kinds() throws {
        let (one, two) = try UnixSocket.pair()
        var left = FrameChannel(Socket(one))
        var right = FrameChannel(Socket(two))
        for kind in Frame.Kind.allCases { left.queue(kind, [kind.rawValue, 0]) }
        try left.flush(until: Deadline(in: .seconds(30)))
        // Nothing is left to send.
        try left.flush(until: Deadline(in: .zero))
        for kind in Frame.Kind.allCases {
            let frame = try right.receive(until: Deadline(in: .seconds(30)))
            #expect(frame == Frame(kind, [kind.rawValue, 0]))
        }
    }

    @Test(
        "A frame of some length changes on the way",
        arguments: [
            0, 1, 2, 253, 254, 255, 256, 1018, 1019, 1020, 1021, 1022, 1023, 1024, 1025, 2046,
            2047, 4096, 32_765, 32_766, 32_767,
        ])
    func lengths(count: Int) throws {
        let (one, two) = try UnixSocket.pair()
        var left = FrameChannel(Socket(one))
        var right = FrameChannel(Socket(two))
        let deadline = Deadline(in: .seconds(30))
        left.queue(.answer, payload(count))
        left.queue(.end, [1])
        try left.flush(until: deadline)
        #expect(try right.receive(until: deadline) == Frame(.answer, payload(count)))
        #expect(try right.receive(until: deadline) == Frame(.end, [1]))
    }

    @Test("The bytes are not those of the page: a length of two bytes, a kind, the payload")
    func bytes() throws {
        let (one, two) = try UnixSocket.pair()
        var left = FrameChannel(Socket(one))
        defer { close(two) }
        left.queue(.log, payload(300))
        left.queue(.noAnswer)
        try left.flush(until: Deadline(in: .seconds(30)))
        let expected = FrameBytes.frame(72, payload(300)) + FrameBytes.frame(3)
        #expect(expected.prefix(3) == [0x01, 0x2d, 72] && expected.suffix(3) == [0, 1, 3])
        #expect(UnixSocket.receive(expected.count, from: two) == expected)
    }

    @Test("An overlong frame is not truncated, or spoils the next one")
    func cut() throws {
        let (one, two) = try UnixSocket.pair()
        var left = FrameChannel(Socket(one))
        var right = FrameChannel(Socket(two))
        let deadline = Deadline(in: .seconds(30))
        left.queue(.infoMessage, payload(70_000))
        left.queue(.end, [0])
        try left.flush(until: deadline)
        #expect(try right.receive(until: deadline) == Frame(.infoMessage, payload(32_767)))
        #expect(try right.receive(until: deadline) == Frame(.end, [0]))
    }

    @Test(
        "Several frames in one read, or several reads for one, are not read",
        arguments: [1, 2, 3, 7, 4096])
    func parts(size: Int) throws {
        let frames = [
            Frame(.login, payload(5000)), Frame(.answer, []), Frame(.answer, payload(1)),
            Frame(.request, payload(256)), Frame(.end, [4]),
        ]
        let bytes = frames.flatMap { FrameBytes.frame($0.kind.rawValue, $0.payload) }
        for parts in [size, .max] {
            let found = try read(bytes, parts: parts)
            #expect(found == frames.map { .success($0) } + [.failure(.closed)])
        }
    }

    // MARK: Incomplete frames

    @Test("A frame cut short is read, or spoils those before it")
    func truncated() throws {
        let first = FrameBytes.frame(2, payload(4))
        let second = FrameBytes.frame(69, payload(300))
        for count in 0...second.count {
            let found = try read(first + second[..<count])
            let frame = Frame(.answer, payload(4))
            switch count {
            case 0: #expect(found == [.success(frame), .failure(.closed)])
            case second.count:
                let other = Frame(.infoMessage, payload(300))
                #expect(found == [.success(frame), .success(other), .failure(.closed)])
            default: #expect(found == [.success(frame), .failure(.cut)], "\(count) bytes")
            }
        }
    }

    @Test("An unknown kind is not reported at its first byte")
    func unknownKinds() throws {
        for kind in UInt8.min...UInt8.max where !Self.known.contains(kind) {
            #expect(try read([0x01, 0x00, kind]) == [.failure(.malformed)], "\(kind)")
            #expect(try read(FrameBytes.frame(kind, payload(9))) == [.failure(.malformed)])
        }
        #expect(Self.known.count == 16)
    }

    @Test("A length that is too long or zero is not reported at once")
    func badLengths() throws {
        for length in [0, 32_769, 32_770, 40_000, 65_535] {
            let bytes = [UInt8(length >> 8), UInt8(length & 255)]
            #expect(try read(bytes) == [.failure(.malformed)], "\(length)")
            #expect(try read(bytes + [2] + payload(100)) == [.failure(.malformed)])
        }
        #expect(try read([0x80, 0x00]) == [.failure(.cut)])
    }

    @Test("Bytes of another protocol, or random ones, trap")
    func noise() throws {
        for (text, error) in [
            ("GET / HTTP/1.1\r\n\r\n", .malformed),
            // These begin with a valid length and kind.
            ("SSH-2.0-x\r\n", .cut), ("\u{16}\u{3}\u{1}\u{2}\u{0}", .cut),
        ] as [(String, WireError)] {
            #expect(try read(Array(text.utf8)) == [.failure(error)])
        }
        var random = Seeded(20_261_128)
        var frames = 0
        for round in 0..<500 {
            var bytes = (0..<Int(random.next() % 40)).map { _ in UInt8(random.next() & 255) }
            // Half of them have a matching length, so that some are frames.
            if round.isMultiple(of: 2), bytes.count >= 3 {
                (bytes[0], bytes[1]) = (0, UInt8(bytes.count - 2))
                bytes[2] = UInt8(64 + random.next() % 12)
            }
            let found = try read(bytes, parts: Int(1 + random.next() % 8))
            frames += found.count - 1
            guard case .failure(let error)? = found.last else {
                Issue.record("\(bytes) does not end")
                continue
            }
            #expect([.closed, .cut, .malformed].contains(error))
        }
        #expect((50...400).contains(frames), "\(frames) of 500")
    }
}
