import Foundation
import TestSupport

/// The codes that the devices show, from oathtool.
struct Codes: Sendable {
    /// When the cases start: the beginning of a step of 30 s and of 60 s.
    static let start = 1_800_000_000
    /// The key of RFC 4226's test values, and another for the second device.
    static let key = Array("12345678901234567890".utf8)
    static let secondKey = Array("abcdefghijklmnopqrst".utf8)

    private let minutes: [Int: String]
    private let halves: [Int: String]
    private let short: [Int: String]
    private let second: [Int: String]
    private let counters: [Int: String]

    init() async throws {
        halves = try await Self.totp(Self.key, 30, steps: -1010...2010)
        minutes = try await Self.totp(Self.key, 60, steps: -10...10)
        short = try await Self.totp(Enrollment(hasShortKey: true).key, 30, steps: -1...1)
        second = try await Self.totp(Self.secondKey, 30, steps: -10...10)
        counters = try await Self.ask(
            ["--hotp", "--counter=0", "--window=60"], Self.key, from: 0)
    }

    private static func totp(
        _ key: [UInt8], _ period: Int, steps: ClosedRange<Int>
    ) async throws -> [Int: String] {
        let first = start + steps.lowerBound * period
        return try await ask(
            [
                "--totp", "--time-step-size=\(period)s", "--now=@\(first)",
                "--window=\(steps.count - 1)",
            ], key, from: steps.lowerBound)
    }

    private static func ask(
        _ words: [String], _ key: [UInt8], from first: Int
    ) async throws -> [Int: String] {
        let hex = key.map { String(format: "%02x", $0) }.joined()
        let lines = try await Command.output(
            ["oathtool", "--digits=6"] + words + ["-"], input: hex + "\n"
        ).split(separator: "\n").map(String.init)
        return Dictionary(uniqueKeysWithValues: zip(first..., lines))
    }

    /// The texts that are typed in a try; nil for no answer.
    func texts(_ step: Try, _ enrolled: Enrollment, backup: [String]) throws -> [String?] {
        try step.answers.map { try text($0, enrolled, backup).map { step.password + $0 } }
    }

    private func text(_ answer: Try.Answer, _ enrolled: Enrollment, _ backup: [String]) throws
        -> String?
    {
        let found: String?
        switch answer {
        case .code(let step):
            let device = enrolled.period == 60 ? minutes : halves
            found = (enrolled.hasShortKey ? short : device)[step]
        case .second(let step): found = second[step]
        case .resized(let step, let length):
            let zeros = String(repeating: "0", count: max(0, length - 6))
            found = halves[step].map { String((zeros + $0).suffix(length)) }
        case .counter(let number): found = counters[number]
        case .backup(let number):
            found =
                backup.indices.contains(number)
                ? backup[number] : EnrolledService.scratchCodes[number]
        case .text(let text): found = text
        case .nothing: return nil
        }
        guard let found else { throw Trouble("no code for \(answer)") }
        return found
    }
}
