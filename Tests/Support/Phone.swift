import Foundation

/// A phone with an authenticator app: oathtool, with the contents of the QR code.
public struct Phone: Sendable {
    public let uri: String
    /// The secret in Base32.
    public let secret: String
    public let algorithm: String
    public let digits: Int
    public let period: Int
    /// The label, decoded: "issuer:account".
    public let label: String
    public let issuer: String?

    /// Reads an otpauth URI, like an app that knows all the parameters.
    public init(scanning uri: String) throws {
        let text = uri.trimmingCharacters(in: .whitespacesAndNewlines)
        guard let parts = URLComponents(string: text), parts.scheme == "otpauth",
            parts.host == "totp", parts.path.count > 1
        else { throw Trouble("no otpauth URI: \(text)") }
        var values: [String: String] = [:]
        for item in parts.queryItems ?? []
        where values.updateValue(item.value ?? "", forKey: item.name) != nil {
            throw Trouble("\(item.name) twice in \(text)")
        }
        guard let secret = values["secret"], !secret.isEmpty else {
            throw Trouble("no secret in \(text)")
        }
        self.uri = text
        self.secret = secret
        algorithm = values["algorithm"] ?? "SHA1"
        digits = Int(values["digits"] ?? "6") ?? 0
        period = Int(values["period"] ?? "30") ?? 0
        label = String(parts.path.dropFirst())
        issuer = values["issuer"]
    }

    /// The current code, or one this many steps away.
    public func code(steps: Int = 0) async throws -> String {
        try await code(at: Int(Date().timeIntervalSince1970) + steps * period)
    }

    /// The code of the previous step, at a time when it can be used for at least this many seconds.
    public func lastCode(for seconds: Int = 15) async throws -> String {
        try await settle(for: seconds)
        return try await code(steps: -1)
    }

    /// Waits until the phone shows another code than this one, and returns it.
    public func code(after old: String) async throws -> String {
        while true {
            let code = try await code()
            if code != old { return code }
            try await Task.sleep(for: .milliseconds(300))
        }
    }

    /// The code at a time, in seconds since 1970.
    public func code(at moment: Int) async throws -> String {
        let output = try await Command.output(
            [
                "oathtool", "--totp=\(algorithm.lowercased())", "--base32",
                "--digits=\(digits)", "--time-step-size=\(period)s", "--now=@\(moment)", "-",
            ], input: secret + "\n")
        return output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// A code that the phone does not show within 25 steps in either direction.
    public func wrongCode() async throws -> String {
        try await wrongCode(at: Int(Date().timeIntervalSince1970))
    }

    /// The same around a time, in seconds since 1970.
    public func wrongCode(at now: Int) async throws -> String {
        var shown: Set<String> = []
        let output = try await Command.output(
            [
                "oathtool", "--totp=\(algorithm.lowercased())", "--base32",
                "--digits=\(digits)", "--time-step-size=\(period)s",
                "--now=@\(now - 25 * period)", "--window=50", "-",
            ], input: secret + "\n")
        for line in output.split(separator: "\n") { shown.insert(String(line)) }
        while true {
            let guess = Int.random(in: 0..<1_000_000_00) % Self.power(digits)
            let text = String(repeating: "0", count: digits) + String(guess)
            let code = String(text.suffix(digits))
            if !shown.contains(code) { return code }
        }
    }

    private static func power(_ digits: Int) -> Int {
        (0..<digits).reduce(1) { value, _ in value * 10 }
    }

    /// If a step is about to end, sleeps until the next one, so that its code can be used for at
    /// least this many seconds.
    public func settle(for seconds: Int = 10) async throws {
        let left =
            Double(period)
            - Date().timeIntervalSince1970
            .truncatingRemainder(dividingBy: Double(period))
        if left < Double(seconds) { try await Task.sleep(for: .seconds(left + 0.1)) }
    }
}
