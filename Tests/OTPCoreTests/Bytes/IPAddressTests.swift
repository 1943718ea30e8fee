import Foundation
import TestSupport
import Testing

@testable import OTPCore

@Suite("Addresses and networks")
struct IPAddressTests {
    private func address(_ text: String) -> IPAddress? { IPAddress(ascii(text)[...]) }

    /// The C library's reading; an IPv4-mapped IPv6 address counts as IPv4.
    private func known(_ text: String) -> [UInt8]? {
        var four = [UInt8](repeating: 0, count: 4)
        if inet_pton(AF_INET, text, &four) == 1 { return four }
        var all = [UInt8](repeating: 0, count: 16)
        guard inet_pton(AF_INET6, text, &all) == 1 else { return nil }
        let mapped = [UInt8](repeating: 0, count: 10) + [255, 255]
        return all.starts(with: mapped) ? Array(all.suffix(4)) : all
    }

    @Test(
        "An invalid address is read, or a valid one differently from inet_pton(3)",
        arguments: [
            "0.0.0.0", "255.255.255.255", "10.1.2.3", "::", "::1", "1::", "fd00::1", "FD00::a:B",
            "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "::ffff:10.1.2.3",
            "::FFFF:0a01:0203", "64:ff9b::10.1.2.3", "1:2:3:4:5:6:10.1.2.3",
            "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255",
            // None of these is an address.
            "", ".", ":", ":::", "10", "10.1", "10.1.2", "10.1.2.3.4", "10.1.2.256", "10.1.2.03",
            "010.1.2.3", "0x0a.1.2.3", "167837955", "10.1.2.3 ", " 10.1.2.3", "10.1.2.3/8",
            "10.1.2.-3", "10.1.2.", ".10.1.2.3", "10..2.3", "fe80::1%eth0", "fe80::1%2", "[::1]",
            "::1]", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "1::2::3", "1:::2",
            ":1:2:3:4:5:6:7", "1:2:3:4:5:6:7:", "12345::", "g::", "::10.1.2", "::10.1.2.3:1",
            "10.1.2.3::", "1:2:3:4:5:6:7:10.1.2.3", "::ffff:10.1.2.256", "localhost",
            "10.1.2.3.example", "1０.1.2.3", "10.1.2.3\n", "ffff::0.0.0.0.0",
        ])
    func forms(_ text: String) {
        #expect(address(text)?.bytes == known(text))
    }

    @Test("A text made of an address's characters is read differently from inet_pton(3)")
    func anything() {
        var seeded = Seeded(15)
        func pick(_ count: Int) -> Int { Int(seeded.bytes(1)[0]) % count }
        let pieces = [
            "::", ":", ".", "0", "1", "10", "255", "256", "ffff", "fd00", "00", "A", "1.2.3.4", "%",
        ]
        var good = 0
        for round in 0..<40_000 {
            var text: String
            if round.isMultiple(of: 2) {
                text = (0...pick(14)).map { _ in pieces[pick(pieces.count)] }.joined()
            } else {
                text = (0..<7 + pick(3)).map { _ in pieces[3 + pick(6)] }.joined(separator: ":")
                if pick(3) == 0 { text = text.replacing(":\(pieces[3 + pick(6)]):", with: "::") }
            }
            let known = known(text)
            if known != nil { good += 1 }
            #expect(address(text)?.bytes == known, "\(text)")
        }
        #expect(good > 2000)
    }

    // MARK: Networks

    private func network(_ text: String) -> Result<IPNetwork, IPNetwork.Trouble> {
        do throws(IPNetwork.Trouble) {
            return .success(try IPNetwork(ascii(text)[...]))
        } catch {
            return .failure(error)
        }
    }

    @Test(
        "An address is found in a network that does not contain it, or not in one that does",
        arguments: [
            ("10.0.0.0/8", "10.0.0.0", true), ("10.0.0.0/8", "10.255.255.255", true),
            ("10.0.0.0/8", "11.0.0.0", false), ("10.0.0.0/8", "9.255.255.255", false),
            ("10.0.0.0/8", "::ffff:10.1.2.3", true), ("10.0.0.0/8", "::10.1.2.3", false),
            ("10.0.0.0/8", "a00::", false), ("192.0.2.7", "192.0.2.7", true),
            ("192.0.2.7", "192.0.2.6", false), ("192.0.2.4/30", "192.0.2.7", true),
            ("192.0.2.4/30", "192.0.2.8", false), ("128.0.0.0/1", "200.1.1.1", true),
            ("128.0.0.0/1", "100.1.1.1", false), ("fd00::/8", "fdff::1", true),
            ("fd00::/8", "fe00::1", false), ("2001:db8:0:8000::/49", "2001:db8:0:ffff::1", true),
            ("2001:db8:0:8000::/49", "2001:db8:0:7fff::1", false), ("::1", "::1", true),
            ("::/3", "::ffff:10.1.2.3", false), ("::/3", "10.1.2.3", false),
            ("::ffff:10.0.0.0/104", "10.9.9.9", true), ("::ffff:10.0.0.0/104", "11.9.9.9", false),
            ("::ffff:10.9.9.9", "10.9.9.9", true),
        ])
    func inside(_ text: String, _ address: String, _ isInside: Bool) throws {
        let network = try network(text).get()
        #expect(network.contains(try #require(self.address(address))) == isInside)
        #expect(OTPCoreTests.text(network.text) == text)
    }

    @Test("The first or last address of a network is not in it, or their neighbors are")
    func lengths() throws {
        var seeded = Seeded(16)
        for count in [4, 16] {
            for length in 1...count * 8 {
                var first = seeded.bytes(count)
                if count == 16 { first[0] = 0x20 }
                for bit in length..<count * 8 { first[bit / 8] &= ~(0x80 >> UInt8(bit % 8)) }
                var last = first
                for bit in length..<count * 8 { last[bit / 8] |= 0x80 >> UInt8(bit % 8) }
                var beside = first
                beside[(length - 1) / 8] ^= 0x80 >> UInt8((length - 1) % 8)
                let network = try network("\(written(first))/\(length)").get()
                #expect(network.prefix == length)
                #expect(network.contains(try #require(address(written(first)))))
                #expect(network.contains(try #require(address(written(last)))))
                #expect(!network.contains(try #require(address(written(beside)))))
            }
        }
    }

    private func written(_ bytes: [UInt8]) -> String {
        guard bytes.count == 16 else { return bytes.map(String.init).joined(separator: ".") }
        return stride(from: 0, to: 16, by: 2)
            .map { String(Int(bytes[$0]) << 8 | Int(bytes[$0 + 1]), radix: 16) }
            .joined(separator: ":")
    }

    @Test(
        "An invalid network is accepted, or refused for the wrong reason",
        arguments: [
            ("", .form), ("/8", .form), ("10.0.0.0/", .form), ("10.0.0.0/33", .form),
            ("10.0.0.0/08", .form), ("10.0.0.0/+8", .form), ("10.0.0.0/8/8", .form),
            ("10.0.0.0/255.0.0.0", .form), ("10/8", .form), ("fd00::/129", .form),
            ("fe80::1%eth0", .form), ("fe80::%eth0/64", .form), ("intranet.example", .form),
            ("*", .form), ("all", .form), ("10.0.0.*", .form), ("10.0.0.0-10.0.0.9", .form),
            ("10.0.0.1/8", .bitsBehind), ("192.0.2.7/31", .bitsBehind), ("fd00::1/64", .bitsBehind),
            ("::ffff:10.0.0.0/8", .bitsBehind), ("::ffff:10.0.0.1/104", .bitsBehind),
            ("0.0.0.0/0", .everything), ("::/0", .everything), ("10.0.0.0/0", .everything),
            ("::ffff:0.0.0.0/96", .everything), ("::ffff:0.0.0.0/0", .everything),
        ] as [(String, IPNetwork.Trouble)])
    func troubles(_ text: String, _ trouble: IPNetwork.Trouble) {
        #expect(network(text) == .failure(trouble))
    }

    @Test(
        "doctor does not warn about this machine itself, or about overly large networks",
        arguments: [
            ("127.0.0.0/8", true, false), ("127.0.0.1", true, false), ("127.5.0.0/16", true, false),
            ("::1", true, false), ("::/3", true, true), ("0.0.0.0/1", true, true),
            ("128.0.0.0/1", false, true), ("10.0.0.0/8", false, false), ("8.0.0.0/7", false, true),
            ("fd00::/8", false, false), ("fc00::/7", false, false), ("2000::/3", false, true),
            ("2001:db8::/32", false, false), ("fc00::/6", false, true),
        ])
    func warnings(_ text: String, _ isHere: Bool, _ isHuge: Bool) throws {
        let network = try network(text).get()
        #expect(network.hasLoopback == isHere && network.isHuge == isHuge)
    }
}
