import Testing

@testable import OTPCore

@Suite("The answers of a host that reaches no server")
struct OfflineAnswerTests {
    private func key(_ first: UInt8 = 0) throws -> SealKey {
        var bytes = (0..<32).map { UInt8($0) &+ first }
        let key = SealKey(id: Array(repeating: 7, count: 8), key: Secret(wiping: &bytes))
        return try #require(key)
    }

    private func isRight(
        _ text: String, _ key: SealKey, _ user: String = "alice", _ number: UInt64 = 1
    ) -> Bool {
        let typed = ascii(text)
        return OfflineAnswer.isRight(typed.span, of: ascii(user), number: number, key: key)
    }

    /// From Python's hmac: `HMAC-SHA-256(key, "swiftotp offline answer" 0 number user 0 0 0 1)`.
    private let rows: [(String, UInt64, String)] = [
        ("alice", 1, "8R57-9VEZ-NP0T"), ("alice", 3, "75TH-N329-XJG3"),
        ("bob", 3, "MPTJ-9Z58-G9H6"), ("alice", 1 << 40, "W5TX-T88H-BRTM"),
    ]

    @Test("An answer is another one than a second implementation's")
    func vectors() throws {
        let key = try key()
        for (user, number, answer) in rows {
            #expect(OfflineAnswer.text(of: ascii(user), number: number, key: key) == answer)
            #expect(isRight(answer, key, user, number))
        }
    }

    @Test("An answer typed in another way is refused, or another one is accepted")
    func typed() throws {
        let key = try key()
        let good = [
            "8R57-9VEZ-NP0T", "8r579veznp0t", " 8R57 9VEZ NPOT ", "8-R-5-7-9-V-E-Z-N-P-0-T-",
        ]
        for text in good { #expect(isRight(text, key), "\(text)") }
        var bad = [
            "", "8R57-9VEZ-NP0", "8R57-9VEZ-NP0TT", "8R57-9VEZ-NP0U", "75TH-N329-XJG3", "--",
            String(repeating: "-", count: 60) + "8R579VEZNP0T",
        ]
        for position in 0..<12 {
            var symbols = ascii("8R579VEZNP0T")
            symbols[position] = symbols[position] == 0x41 ? 0x42 : 0x41
            bad.append(text(symbols))
        }
        for text in bad { #expect(!isRight(text, key), "\(text)") }
        for text in good { #expect(!isRight(text, try self.key(1)), "\(text)") }
    }
}
