import FoundationEssentials
import OTPCore

/// A line of a backup, before it is encrypted: JSON, as in docs/FILEFORMAT.md.
public enum BackupLine: Codable, Equatable, Sendable {
    /// The first line: of which version it is, and of which host and time (in Unix seconds).
    case swiftotpBackup(version: Int, host: String, time: UInt64)
    /// A configuration file in /etc/security, in Base64.
    case file(name: String, contents: String)
    /// A user's record, in Base64; `RecordDocument` says what is in it.
    case record(uid: UInt32, user: String, contents: String, isOrphan: Bool)
    /// The last line, and how many records come before it.
    case end(records: Int)

    /// The version of these lines.
    public static let version = 1

    /// The line as it is written, with its end. The caller wipes it. `nil` if there is no such line.
    public var encoded: [UInt8]? {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let line = try? encoder.encode(self) else { return nil }
        return Array(line) + [UInt8(ascii: "\n")]
    }

    static func read(_ line: ArraySlice<UInt8>) -> BackupLine? {
        try? JSONDecoder().decode(BackupLine.self, from: Data(line))
    }
}

/// What is in a backup.
public struct BackupContents: Equatable, Sendable {
    /// The host that it was made on.
    public private(set) var host = ""
    /// When it was made, in Unix seconds.
    public private(set) var time: UInt64 = 0
    /// Configuration files by their names.
    public private(set) var files: [String: [UInt8]] = [:]
    public private(set) var records: [RecordDocument] = []

    /// Why bytes are not a backup.
    public enum Problem: Error, Equatable, Sendable {
        case noBackup
        case otherVersion(Int)
        /// Something is missing at the end.
        case cut
        /// This line is invalid, or follows the end.
        case line(Int)
    }

    /// Where a backup of any version says which it is.
    private struct AnyVersion: Decodable {
        struct Head: Decodable { let version: Int }
        let swiftotpBackup: Head
    }

    /// Reads all of a backup.
    public init(reading bytes: [UInt8]) throws(Problem) {
        var rest = bytes[...]
        let newline = UInt8(ascii: "\n")
        var isOver = false
        var number = 0
        while !rest.isEmpty {
            // A first line that is not ours may be of any length.
            guard let end = rest.firstIndex(of: newline) else {
                throw number == 0 ? .noBackup : .cut
            }
            number += 1
            let line = rest[..<end]
            rest = rest[(end + 1)...]
            guard !isOver else { throw .line(number) }
            if number == 1 { try readHead(line) } else { isOver = try take(line, number) }
        }
        guard number > 0 else { throw .noBackup }
        guard isOver else { throw .cut }
    }

    private mutating func readHead(_ line: ArraySlice<UInt8>) throws(Problem) {
        guard let any = try? JSONDecoder().decode(AnyVersion.self, from: Data(line)) else {
            throw .noBackup
        }
        let version = any.swiftotpBackup.version
        guard version == BackupLine.version else { throw .otherVersion(version) }
        guard case .swiftotpBackup(_, let host, let time)? = BackupLine.read(line) else {
            throw .line(1)
        }
        (self.host, self.time) = (host, time)
    }

    /// Takes a line; whether it is the last.
    private mutating func take(
        _ line: ArraySlice<UInt8>, _ number: Int
    ) throws(Problem) -> Bool {
        switch BackupLine.read(line) {
        case .file(let name, let contents)?:
            let text = Array(contents.utf8)
            guard let contents = Base64.decode(text.span), files[name] == nil else {
                throw .line(number)
            }
            files[name] = contents
            return false
        case .record(let uid, let user, let contents, let isOrphan)?:
            records.append(
                RecordDocument(uid: uid, user: user, record: contents, isOrphan: isOrphan))
            return false
        case .end(let count)?:
            guard count == records.count else { throw .cut }
            return true
        case .swiftotpBackup?, nil: throw .line(number)
        }
    }
}
