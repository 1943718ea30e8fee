import Foundation
import OTPCore
import TestSupport

/// A counter-based hardware token or app: oathtool with an increasing counter.
struct Token {
    /// The key in Base32.
    let key: String
    let digits: Int

    init(key: String, digits: Int = 6) {
        self.key = key
        self.digits = digits
    }

    /// Reads a counter-based otpauth URI; returns the first counter as well.
    static func scanning(_ uri: String) throws -> (token: Token, counter: Int) {
        guard let parts = URLComponents(string: uri), parts.scheme == "otpauth",
            parts.host == "hotp",
            let key = parts.queryItems?.first(where: { $0.name == "secret" })?.value,
            let text = parts.queryItems?.first(where: { $0.name == "counter" })?.value,
            let counter = Int(text)
        else { throw Trouble("no otpauth URI of a counter: \(uri)") }
        return (Token(key: key), counter)
    }

    /// A new key in hex, and the token that has it.
    static func random(bytes: Int = 20) throws -> (hex: String, token: Token) {
        let key = (0..<bytes).map { _ in UInt8.random(in: 0...255) }
        let hex = key.map { String(format: "%02x", $0) }.joined()
        return (hex, Token(key: String(decoding: Base32.encode(key.span), as: UTF8.self)))
    }

    /// The code for a counter.
    func code(_ counter: Int) async throws -> String {
        let output = try await Command.output(
            ["oathtool", "--hotp", "--base32", "--digits=\(digits)", "--counter=\(counter)", "-"],
            input: key + "\n")
        return output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// The same key in an app that uses the clock.
    func phone() throws -> Phone {
        try Phone(scanning: "otpauth://totp/x:y?secret=\(key)&digits=\(digits)")
    }
}
