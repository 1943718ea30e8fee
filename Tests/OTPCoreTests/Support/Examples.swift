import Foundation
import TestSupport
import Testing

@testable import OTPCore

extension Seeded {
    mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: 0...255, using: &self) }
    }

    /// Bytes of printable ASCII.
    mutating func printable(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: 0x20...0x7e, using: &self) }
    }
}

/// The published test vectors: one row per line, fields separated by spaces, `#` for comments, `-`
/// for an empty field.
func vectors(_ name: String) throws -> [[String]] {
    let file = try #require(Bundle.module.resourceURL).appendingPathComponent("Vectors/\(name)")
    return try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
        .filter { !$0.hasPrefix("#") }
        .map { $0.split(separator: " ").map { $0 == "-" ? "" : String($0) } }
}

/// The bytes written as hex digits in a text.
func bytes(hex: String) throws -> [UInt8] {
    let digits = Array(hex.utf8)
    try #require(digits.count.isMultiple(of: 2))
    return try stride(from: 0, to: digits.count, by: 2).map {
        try #require(UInt8(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16))
    }
}

func ascii(_ text: String) -> [UInt8] { Array(text.utf8) }

func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

/// A name that is known to be valid.
func name(_ text: String) throws -> Name { try #require(Name(text.utf8)) }

/// The key of RFC 4226 and, with SHA-1, of RFC 6238.
let exampleKey = ascii("12345678901234567890")

/// A time in 2027, in the middle of a 30 s step.
let noon: UInt64 = 1_800_000_015
/// The step of `noon`.
let noonStep: UInt64 = 60_000_000

/// The code for a step of the example key, or of the authenticator at this index of a record, as a
/// phone shows it.
func code(
    _ step: UInt64, algorithm: HashAlgorithm = .sha1, digits: UInt8 = 6, of index: Int = 0
) -> String {
    let key = exampleKey(of: index)
    let value = HOTP.code(key: key.span, factor: step, algorithm: algorithm, digits: digits)
    return HOTP.text(value, digits: digits)
}

/// A code that is wrong at the tests' times, and differs for each number.
func wrong(_ number: some BinaryInteger) -> String { String(format: "%06d", 900_000 + Int(number)) }

/// An authenticator called `label` with the defaults of every app.
func phone(
    _ label: String = "phone", kind: Authenticator.Kind = .totp,
    algorithm: HashAlgorithm = .sha1, digits: UInt8 = 6, period: UInt16 = 30
) throws -> Authenticator {
    try #require(
        Authenticator(
            name: name(label), kind: kind, algorithm: algorithm, digits: digits, period: period,
            added: noon))
}

/// The key of the authenticator at this index of a record; the first has the example key.
func exampleKey(of index: Int) -> [UInt8] {
    var key = exampleKey
    key[0] = key[0] &+ UInt8(truncatingIfNeeded: index)
    return key
}

/// The mark by which the example key is remembered.
var exampleMark: KeyMemory.Mark {
    let key = exampleKey
    return KeyMemory.Mark(of: key.span)
}

/// The record of a user with these authenticators, the first with the example key.
func record(_ authenticators: Authenticator...) throws -> Record {
    var record = Record()
    for (index, authenticator) in authenticators.enumerated() {
        let key = exampleKey(of: index)
        try record.add(authenticator, key: key.span)
    }
    return record
}

extension Record {
    /// Gives the record ten backup codes, and returns them.
    mutating func makeBackupCodes(seed: UInt64 = 1) -> [String] {
        var generator = Seeded(seed)
        var codes: [String] = []
        renewBackupCodes(at: noon) {
            generator.bytes($0)
        } _: {
            codes.append($0)
        }
        return codes
    }

    /// Gives the record a temporary code, and returns it.
    mutating func issue(
        at now: UInt64 = noon, validFor seconds: UInt64 = 86_400, boot: BootTime? = nil,
        seed: UInt64 = 12
    ) -> String {
        var generator = Seeded(seed)
        var random = generator.bytes(TemporaryCode.randomLength)
        var code = ""
        issueTemporaryCode(
            at: now, validFor: seconds, boot: boot, random: &random,
            salt: generator.bytes(HashedCode.saltLength)
        ) { code = $0 }
        return code
    }

    func key(of index: Int) -> [UInt8] { withKey(of: index) { $0.array } }
}

/// `seconds` after the machine's boot number `start`.
func boot(_ start: UInt8, _ seconds: UInt64) -> BootTime? {
    BootTime(id: [UInt8](repeating: start, count: BootTime.idLength), seconds: seconds)
}

/// A place that logins come from.
func source(_ text: String, isKey: Bool = false) -> SourceID {
    let bytes = ascii(text)
    return SourceID(bytes.span, isKey: isKey)
}

/// The code of any key at a time.
func code(of key: [UInt8], at time: UInt64 = noon) -> String {
    let value = HOTP.code(
        key: key.span, factor: TOTP.step(at: time, period: 30), algorithm: .sha1, digits: 6)
    return HOTP.text(value, digits: 6)
}
