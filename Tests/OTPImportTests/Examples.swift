import Foundation
import OTPCore
import TestSupport
import Testing

@testable import OTPImport

/// The bytes of a file next to the tests.
func file(_ name: String) throws -> [UInt8] {
    let folder = try #require(Bundle.module.resourceURL)
    return try Array(Data(contentsOf: folder.appendingPathComponent("Files/\(name)")))
}

/// The path of a file next to the tests.
func path(_ name: String) throws -> String {
    try #require(Bundle.module.resourceURL).appendingPathComponent("Files/\(name)").path
}

func ascii(_ text: String) -> [UInt8] { Array(text.utf8) }

/// The key of RFC 4226, and its spellings.
let exampleKey = ascii("12345678901234567890")
let exampleHex = "3132333435363738393031323334353637383930"
let exampleBase32 = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"

/// A time in 2027, and its 30 s step.
let noon: UInt64 = 1_800_000_015
let noonStep: UInt64 = 60_000_000

/// Runs a program to its end, and returns its output.
func run(_ words: [String], input: String = "") throws -> String {
    let program = Process()
    program.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    program.arguments = words
    let (stdin, stdout) = (Pipe(), Pipe())
    program.standardInput = stdin
    program.standardOutput = stdout
    try program.run()
    stdin.fileHandleForWriting.write(Data(input.utf8))
    try stdin.fileHandleForWriting.close()
    let output = String(
        decoding: stdout.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    program.waitUntilExit()
    guard program.terminationStatus == 0 else {
        throw Trouble("\(words): status \(program.terminationStatus): \(output)")
    }
    return output.trimmingCharacters(in: .whitespacesAndNewlines)
}

extension Scratch {
    func write(_ bytes: [UInt8], to name: String) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: file(name)))
    }

    func read(_ name: String) throws -> [UInt8] {
        try Array(Data(contentsOf: URL(fileURLWithPath: file(name))))
    }
}

extension ImportedToken {
    var keyBytes: [UInt8] { key.withBytes { $0.array } }

    /// The code for a step or counter, computed by this program.
    func code(_ factor: UInt64) -> String {
        HOTP.text(
            key.withBytes {
                HOTP.code(key: $0, factor: factor, algorithm: algorithm, digits: digits)
            }, digits: digits)
    }

    /// The code that the user's device shows for a step or counter, computed by oathtool: with
    /// steps of one second, the time is the factor, whatever the hash function.
    func codeOfDevice(_ factor: UInt64) throws -> String {
        let hex = keyBytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        return try run(
            [
                "oathtool", "--totp=\(algorithm.name.lowercased())", "--digits=\(digits)",
                "--time-step-size=1s", "--now=@\(factor)", "-",
            ], input: hex + "\n")
    }
}

/// A local time read as UTC, as on a machine in UTC.
func utc(_ time: LocalTime) -> UInt64? {
    var parts = DateComponents()
    parts.timeZone = TimeZone(identifier: "UTC")
    (parts.year, parts.month, parts.day) = (time.year, time.month, time.day)
    (parts.hour, parts.minute, parts.second) = (time.hour, time.minute, time.second)
    return Calendar(identifier: .gregorian).date(from: parts).flatMap {
        UInt64(exactly: $0.timeIntervalSince1970)
    }
}

func googleAuthenticator(_ text: String, now: UInt64 = noon) -> ImportResult {
    let bytes = ascii(text)
    return GoogleAuthenticatorFile.read(bytes.span, now: now)
}

func usersOATH(_ text: String, now: UInt64 = noon) -> ImportResult {
    let bytes = ascii(text)
    return UsersOATH.read(bytes.span, now: now, unixTime: utc)
}

func uris(_ text: String) -> ImportResult {
    let bytes = ascii(text)
    return KeyURIList.read(bytes.span)
}

func csv(_ text: String) -> ImportResult {
    let bytes = ascii(text)
    return PrivacyIDEACSV.read(bytes.span)
}

func pskc(_ text: String, key: [UInt8]? = nil) -> ImportResult {
    let bytes = ascii(text)
    return PSKCFile.read(bytes.span, preSharedKey: key.map { KeyBox(Secret(copying: $0.span)) })
}
