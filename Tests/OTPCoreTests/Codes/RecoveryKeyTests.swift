import Testing

@testable import OTPCore

@Suite("Recovery keys")
struct RecoveryKeyTests {
    /// Computed from docs/FILEFORMAT.md with another program.
    private static let known = "000G-40R4-0M30-E209-185G-R38E-1W8C-QR31"
    private static let knownID: [UInt8] = [0xff, 0x15, 0xa8, 0x17, 0x30, 0x36, 0xf6, 0x0e]

    /// The text and the id of the key made from these bytes.
    private func made(_ random: [UInt8]) -> (text: String, id: [UInt8])? {
        guard let key = RecoveryKey(random: random.span), let id = key.sealKey?.id else {
            return nil
        }
        return (key.text, id)
    }

    /// What is wrong with a typed key; `nil` if nothing is.
    private func problem(_ typed: String) -> RecoveryKey.Problem? {
        do throws(RecoveryKey.Problem) {
            _ = try RecoveryKey(typed: Array(typed.utf8).span)
            return nil
        } catch {
            return error
        }
    }

    @Test("The text or the id of a key is not what the page about the files says")
    func form() throws {
        let key = try #require(made((0..<17).map { UInt8($0) }))
        #expect(key.text == Self.known && key.id == Self.knownID)
        for length in [0, 16, 18, 1000] {
            #expect(made([UInt8](repeating: 0, count: length)) == nil)
        }
    }

    @Test("A key that is typed in another way is refused, or is another one")
    func typed() throws {
        for typed in [
            Self.known, Self.known.lowercased(), Self.known.replacing("-", with: ""),
            Self.known.replacing("-", with: " ") + "\r\n", Self.known.replacing("0", with: "o"),
            Self.known.replacing("1", with: "l"),
        ] {
            let text = try RecoveryKey(typed: Array(typed.utf8).span).text
            #expect(text == Self.known, "\(typed)")
        }
    }

    @Test("A mistake in one symbol, two swapped ones, or a missing one is not noticed")
    func mistakes() {
        let symbols = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ")
        let whole = Array(Self.known.replacing("-", with: ""))
        for index in whole.indices {
            for other in symbols where other != whole[index] {
                var typed = whole
                typed[index] = other
                #expect(problem(String(typed)) == .mistyped)
            }
            var fewer = whole
            fewer.remove(at: index)
            #expect(problem(String(fewer)) == .length(31))
            guard index > 0, whole[index] != whole[index - 1] else { continue }
            var swapped = whole
            swapped.swapAt(index, index - 1)
            #expect(problem(String(swapped)) == .mistyped)
        }
        #expect(problem("") == .length(0))
        #expect(problem(String(repeating: "7", count: 4000)) == .length(4000))
        #expect(problem("U" + Self.known.dropFirst()) == .symbol(UInt8(ascii: "U")))
        #expect(problem("\u{0}" + Self.known) == .symbol(0))
    }
}
