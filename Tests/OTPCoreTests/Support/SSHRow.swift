import Foundation
import Testing

@testable import OTPCore

/// A key as sshd names it.
struct SSHRow {
    /// Empty for a key that must be refused.
    var kind = ""
    var fingerprint = ""
    let type: String
    /// The blob in Base64.
    let text: String

    /// All of Vectors/ssh-keys.txt.
    static func all() throws -> [SSHRow] {
        let rows = try vectors("ssh-keys.txt").map {
            SSHRow(kind: $0[0], fingerprint: $0[1], type: $0[2], text: $0[3])
        }
        try #require(rows.count == 20)
        return rows
    }

    /// Those that are valid keys.
    static func keys() throws -> [SSHRow] { try all().filter { !$0.kind.isEmpty } }

    /// What sshd writes about the key at `index` of those.
    static func methods(_ index: Int = 0) throws -> String {
        try #require(try keys().dropFirst(index).first).line + "\n"
    }

    private init(kind: String, fingerprint: String, type: String, text: String) {
        (self.kind, self.fingerprint, self.type, self.text) = (kind, fingerprint, type, text)
    }

    init(_ type: String, blob: [UInt8]) {
        self.init(
            kind: "", fingerprint: "", type: type, text: Data(blob).base64EncodedString())
    }

    /// A blob of these fields, each preceded by its length.
    init(_ type: String, _ fields: [[UInt8]]) {
        let blob = fields.flatMap { field in
            (0..<4).map { UInt8(truncatingIfNeeded: field.count >> (24 - 8 * $0)) } + field
        }
        self.init(type, blob: blob)
    }

    /// A line of a file written by ssh-keygen.
    init(line: String) {
        let words = line.split(separator: " ")
        self.init(kind: "", fingerprint: "", type: String(words[0]), text: String(words[1]))
    }

    /// The line that sshd writes.
    var line: String { "publickey \(type) \(text)" }

    var key: SSHKey? {
        let (type, text) = (ascii(type), ascii(text))
        return SSHKey(type: type[...], text: text[...])
    }

    var blob: [UInt8] { Data(base64Encoded: text).map { Array($0) } ?? [] }

    /// The fields of a blob that consists of strings only.
    var fields: [[UInt8]] {
        var (fields, rest): ([[UInt8]], ArraySlice<UInt8>) = ([], blob[...])
        while rest.count >= 4 {
            let count = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
            fields.append(Array(rest.dropFirst(4).prefix(count)))
            rest = rest.dropFirst(4 + count)
        }
        return fields
    }

    /// The offsets of the fields' lengths (PROTOCOL.certkeys).
    var lengthPlaces: [Int] {
        let blob = blob
        var places: [Int] = []
        var place = 0
        func strings(_ count: Int) {
            for _ in 0..<count {
                places.append(place)
                place += 4 + blob[place..<place + 4].reduce(0) { $0 << 8 | Int($1) }
            }
        }
        let keyFields = ["ed25519": 1, "ecdsa-sk": 3][kind] ?? 2
        if type.contains("-cert-") {
            strings(2 + keyFields)
            place += 12
            strings(2)
            place += 16
            strings(5)
        } else {
            strings(1 + keyFields)
        }
        precondition(place == blob.count)
        return places
    }
}

/// The real ssh-keygen, in a folder that is removed after the test.
final class SSHKeygen {
    struct Failed: Error {
        let text: String
    }

    private let folder = URL(
        fileURLWithPath: NSTemporaryDirectory() + "/ssh-\(UUID().uuidString)", isDirectory: true)

    init() throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    /// Runs it to its end, and returns its output.
    @discardableResult
    func run(_ words: [String]) throws -> String {
        let program = Process()
        program.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        program.arguments = ["ssh-keygen"] + words
        program.currentDirectoryURL = folder
        program.standardInput = FileHandle.nullDevice
        let output = Pipe()
        program.standardOutput = output
        program.standardError = output
        try program.run()
        let said = text(Array(output.fileHandleForReading.readDataToEndOfFile()))
        program.waitUntilExit()
        guard program.terminationStatus == 0 else {
            throw Failed(text: "ssh-keygen \(words): \(said)")
        }
        return said
    }

    /// Makes a key without a passphrase.
    func make(_ name: String, _ options: [String]) throws {
        try run(["-q", "-N", "", "-C", "a comment", "-f", name] + options)
    }

    func write(_ text: String, to name: String) throws {
        try Data(text.utf8).write(to: folder.appendingPathComponent(name))
    }

    /// The key in a file.
    func row(_ name: String) throws -> SSHRow {
        SSHRow(
            line: try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8))
    }

    /// The fingerprint that it prints for the key in a file.
    func fingerprint(_ name: String) throws -> String {
        let words = try run(["-l", "-f", name]).split(separator: " ")
        return String(try #require(words.dropFirst().first))
    }
}
