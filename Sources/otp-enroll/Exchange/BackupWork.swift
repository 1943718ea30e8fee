import OTPCore
import OTPStore
import OTPWire

/// Reads what belongs into a backup, line by line.
struct BackupWork {
    private let context: Context
    /// How many records are in it.
    private(set) var count = 0
    /// Those that could not be read.
    private(set) var unreadable: [(uid: UInt32, trouble: StoreError)] = []

    init(_ context: Context) { self.context = context }

    /// Gives all lines to `put`.
    mutating func write(
        configuration: String?, _ put: ([UInt8]) throws -> Void
    ) throws {
        _ = try ask(.begin)
        let now = try SystemClock().now()
        try line(
            .swiftotpBackup(version: BackupLine.version, host: Machine.hostName, time: now), put)
        for file in RestoredConfiguration.allCases {
            let path = file.path(configuration)
            guard let contents = try RootFile.contents(Array(path.utf8)) else { continue }
            let text = Base64.encode(contents.span, isPadded: true)
            try line(
                .file(name: file.rawValue, contents: String(decoding: text, as: UTF8.self)), put)
        }
        try writeRecords(put)
        try line(.end(records: count), put)
    }

    private mutating func writeRecords(_ put: ([UInt8]) throws -> Void) throws {
        let numbers = Array(try Roster(context).recorded().all)
        var progress = Progress("Reading records", of: numbers.count)
        defer { progress.finish() }
        let batches = stride(from: 0, to: numbers.count, by: RecordDocument.most).lazy.map {
            Array(numbers[$0..<min($0 + RecordDocument.most, numbers.count)])
        }
        let commands = batches.map { Command.backUp(step: .records(numbers: $0)) }
        try context.ask(commands) { reply in
            guard case .backedUp(let rows) = reply else { throw context.failure(reply) }
            for row in rows {
                switch row {
                case .found(let record):
                    try line(
                        .record(
                            uid: record.uid, user: record.user, contents: record.record,
                            isOrphan: record.isOrphan), put)
                    count += 1
                case .unreadable(let uid, let trouble): unreadable.append((uid, trouble.error))
                }
            }
            for _ in 0..<RecordDocument.most { progress.advance() }
        }
    }

    private func ask(_ step: BackupStep) throws -> [BackedUpDocument] {
        switch try context.ask(.backUp(step: step)) {
        case .backedUp(let rows): return rows
        case let other: throw context.failure(other)
        }
    }

    private func line(_ line: BackupLine, _ put: ([UInt8]) throws -> Void) throws {
        guard var bytes = line.encoded else { throw Failure.otherVersion }
        defer { Secret.wipe(&bytes) }
        try put(bytes)
    }
}
