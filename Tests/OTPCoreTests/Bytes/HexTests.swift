import Testing

@testable import OTPCore

@Suite("Hex")
struct HexTests {
    private func decode(_ text: String, between: String = "") -> [UInt8]? {
        let (text, between) = (Array(text.utf8), Array(between.utf8))
        return Hex.decode(text.span) { between.contains($0) }?.withBytes { $0.array }
    }

    @Test("Every byte comes back, in either case")
    func roundTrip() {
        for byte in UInt8.min...UInt8.max {
            for uppercase in [true, false] {
                var text: [UInt8] = []
                text.append(hex: byte, uppercase: uppercase)
                let written = String(byte, radix: 16, uppercase: uppercase)
                #expect(
                    String(decoding: text, as: UTF8.self)
                        == (byte < 16 ? "0" : "") + written)
                #expect(decode(String(decoding: text, as: UTF8.self)) == [byte])
            }
        }
    }

    @Test("Half a byte, other letters or misplaced separators are read as hex")
    func refused() {
        for text in ["0", "abc", "0g", "g0", " 00", "00 ", "0 0", "-", "0x00", "٠٠"] {
            #expect(decode(text) == nil, "\(text)")
        }
        #expect(decode("") == [])
        #expect(decode("00:ff-1 0", between: ": -") == [0, 0xff, 0x10])
        #expect(decode("00_ff", between: ": -") == nil)
    }
}
