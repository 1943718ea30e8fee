import Foundation
import TestSupport

/// A hardware token, or an app that counts: oathtool, with a counter that goes up.
struct Token {
    /// The key in Base32.
    let key: String
    let digits: Int

    init(key: String, digits: Int = 6) {
        self.key = key
        self.digits = digits
    }

    /// Takes in an otpauth URI of a counter; gives the counter to begin with as well.
    static func scanning(_ uri: String) throws -> (token: Token, counter: Int) {
        guard let parts = URLComponents(string: uri), parts.scheme == "otpauth",
            parts.host == "hotp",
            let key = parts.queryItems?.first(where: { $0.name == "secret" })?.value,
            let text = parts.queryItems?.first(where: { $0.name == "counter" })?.value,
            let counter = Int(text)
        else { throw Trouble("no otpauth URI of a counter: \(uri)") }
        return (Token(key: key), counter)
    }

    /// A key that nobody has yet, in hex, and the token that has it.
    static func random(bytes: Int = 20) throws -> (hex: String, token: Token) {
        let key = (0..<bytes).map { _ in UInt8.random(in: 0...255) }
        let hex = key.map { String(format: "%02x", $0) }.joined()
        return (hex, Token(key: base32(key)))
    }

    /// The code of a counter.
    func code(_ counter: Int) async throws -> String {
        let output = try await Command.output(
            ["oathtool", "--hotp", "--base32", "--digits=\(digits)", "--counter=\(counter)", "-"],
            input: key + "\n")
        return output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// The same key in an app that goes by the clock.
    func phone() throws -> Phone {
        try Phone(scanning: "otpauth://totp/x:y?secret=\(key)&digits=\(digits)")
    }

    /// RFC 4648, without padding.
    private static func base32(_ bytes: [UInt8]) -> String {
        let bits = bytes.map { byte in
            let text = String(byte, radix: 2)
            return String(repeating: "0", count: 8 - text.count) + text
        }.joined()
        let symbols = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
        return stride(from: 0, to: bits.count, by: 5).reduce(into: "") { text, start in
            let group = bits.dropFirst(start).prefix(5)
            let value = Int(group, radix: 2).map { $0 << (5 - group.count) } ?? 0
            text.append(symbols[value])
        }
    }
}
