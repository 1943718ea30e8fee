import Testing

@testable import OTPCore

@Suite("Fields written in a row")
struct OutputSpanTests {
    @Test("A field that fits is written wrong")
    func fits() {
        let word = ascii("word")
        let bytes = [UInt8](capacity: 15) {
            $0.write(7)
            $0.write(bigEndian: 0x0102_0304_0506_0708 as UInt64)
            $0.write(copying: word.span)
            $0.write(bigEndian: 0xfffe as UInt16)
        }
        #expect(bytes == [7, 1, 2, 3, 4, 5, 6, 7, 8] + word + [0xff, 0xfe])
    }

    @Test("A field that does not fit leaves something other than zeros, or one can follow it")
    func full() {
        let long = [UInt8](repeating: 1, count: 8)
        let copied = [UInt8](capacity: 8) {
            $0.write(3)
            $0.write(copying: long.span)
            $0.write(5)
        }
        #expect(copied == [3, 0, 0, 0, 0, 0, 0, 0])
        let integer = [UInt8](capacity: 6) {
            $0.write(3)
            $0.write(bigEndian: UInt64.max)
            $0.write(copying: long.span)
        }
        #expect(integer == [3, 0, 0, 0, 0, 0])
    }
}
