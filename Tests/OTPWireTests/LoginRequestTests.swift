import Foundation
import TestSupport
import Testing

@testable import OTPWire

/// The first frame of a login, built here as the page describes it.
@Suite("The frame of a login")
struct LoginRequestTests {
    private static let frames: [LoginFrame] = {
        var full = LoginFrame()
        full.flags = 1
        full.terminal = "/dev/pts/3"
        full.remoteUser = "bob"
        full.connection = "2001:db8::7 50000 192.0.2.1 22"
        full.methods = "publickey ssh-ed25519 AAAA\npassword\n"
        full.arguments = ["nullok", "", "prompt=Your code: ", "store=/srv/otp"]
        var empty = LoginFrame("", service: "")
        empty.arguments = [""]
        var long = LoginFrame(String(repeating: "u", count: 1024), service: "su")
        long.methods = String(repeating: "m", count: 16_384)
        return [LoginFrame(), full, empty, long, LoginFrame("root", service: "sudo")]
    }()

    @Test("A field changes on the way", arguments: frames.indices)
    func fields(index: Int) throws {
        let frame = Self.frames[index]
        let request = try #require(LoginRequest(decoding: frame.payload))
        func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
        #expect(request.isSilent == (frame.flags == 1))
        #expect(text(request.user) == frame.user && text(request.service) == frame.service)
        #expect(text(request.terminal) == frame.terminal)
        #expect(text(request.remoteHost) == frame.remoteHost)
        #expect(text(request.remoteUser) == frame.remoteUser)
        #expect(text(request.connection) == frame.connection)
        #expect(text(request.methods) == frame.methods)
        #expect(request.arguments.map(text) == frame.arguments)
    }

    @Test("NUL, control bytes or bytes that are not UTF-8 change on the way")
    func bytes() throws {
        let odd: [UInt8] = [0, 10, 0x1b, 0xff, 0xc3]
        let payload: [UInt8] = [2, 0] + (0..<9).flatMap { _ in FrameBytes.text(odd) }
        let request = try #require(LoginRequest(decoding: payload))
        #expect(request.user == odd && request.methods == odd)
        #expect(request.arguments == [odd, odd])
    }

    @Test("A login cut short is read, except between arguments", arguments: frames.indices)
    func truncated(index: Int) {
        let frame = Self.frames[index]
        var ends = Set<Int>()
        for count in 0...frame.arguments.count {
            var shorter = frame
            shorter.arguments = Array(frame.arguments.prefix(count))
            ends.insert(shorter.payload.count)
        }
        let payload = frame.payload
        for count in 0...payload.count where payload.count < 2000 || count % 97 == 0 {
            let isOne = LoginRequest(decoding: Array(payload.prefix(count))) != nil
            #expect(isOne == ends.contains(count), "\(count) of \(payload.count) bytes")
        }
        #expect(LoginRequest(decoding: payload + [0]) == nil)
        #expect(LoginRequest(decoding: payload + [0, 2, 65]) == nil)
        #expect(LoginRequest(decoding: payload + [255, 255]) == nil)
    }

    @Test("Another version or unknown flags are accepted")
    func versions() {
        var payload = LoginFrame().payload
        for version in UInt8.min...UInt8.max {
            payload[0] = version
            #expect((LoginRequest(decoding: payload) != nil) == (version == Frame.version))
        }
        payload[0] = Frame.version
        for flags in UInt8.min...UInt8.max {
            payload[1] = flags
            #expect((LoginRequest(decoding: payload) != nil) == (flags < 4))
        }
    }

    @Test("Some bytes trap")
    func noise() {
        var random = Seeded(7)
        var read = 0
        for round in 0..<20_000 {
            var bytes: [UInt8]
            if round.isMultiple(of: 2) {
                bytes = Self.frames[1].payload
                for _ in 0...Int(random.next() % 3) {
                    let place = Int(random.next() % UInt64(bytes.count))
                    switch random.next() % 3 {
                    case 0: bytes[place] = UInt8(random.next() & 255)
                    case 1: bytes.remove(at: place)
                    default: bytes.insert(UInt8(random.next() & 255), at: place)
                    }
                }
            } else {
                bytes =
                    [2, 0] + (0..<Int(random.next() % 60)).map { _ in UInt8(random.next() & 1) }
            }
            if LoginRequest(decoding: bytes) != nil { read += 1 }
        }
        // Without enough of both the test would show nothing.
        #expect((500..<19_500).contains(read), "\(read)")
    }
}
