import FleetNetwork
import FleetStore
import Foundation
import OTPCore

/// Fills a fleet's table: records as enrolling makes them, each sealed for its row, many in one
/// statement. Only their backup codes are the same, because hashing those takes longest.
struct Filling {
    private let keys: MasterKeys
    private let address: String
    private let seed: String
    private let template: [UInt8]

    /// How many users one statement stores.
    private static let batch = 500

    init(keyFile: String, address: String, seed: String) throws {
        // `swiftotp-server init` has written one line: an id and a key.
        let words = try PrivateFile.read(keyFile).split(whereSeparator: \.isWhitespace).map {
            Hex.decode(Array($0.utf8).span)?.withBytes { $0.array }
        }
        guard words.count == 2, let id = words[0], let bytes = words[1] else {
            fail("\(keyFile) has not one key")
        }
        var key = bytes
        guard let sealKey = SealKey(id: id, key: Secret(wiping: &key)) else {
            fail("\(keyFile) has no key")
        }
        (keys, self.address, self.seed) = (MasterKeys(current: sealKey), address, seed)
        var record = Record()
        record.renewBackupCodes(
            at: Filling.now,
            random: { count in (0..<count).map { _ in UInt8.random(in: 0...255) } }, { _ in })
        template = record.encoded
    }

    private static var now: UInt64 { UInt64(Date().timeIntervalSince1970) }

    /// Adds users `first` to `first + count`, on two connections.
    func fill(_ first: Int, _ count: Int) throws {
        let half = count / 2
        DispatchQueue.concurrentPerform(iterations: 2) { part in
            let start = part == 0 ? first : first + half
            do {
                try add(start..<(part == 0 ? first + half : first + count))
            } catch {
                fail("\(error)")
            }
        }
    }

    private func add(_ numbers: Range<Int>) throws {
        let end = ContinuousClock.now + .seconds(3600)
        let connection = try PostgresConnection.connect(
            to: address, as: "fleet-bench", statementTime: .seconds(600),
            connectTime: .seconds(10), until: end)
        // Nothing depends on these users; the standby has them before anybody logs in.
        _ = try connection.run(
            PostgresStatement("SET synchronous_commit TO off"), until: end
        ).rows()
        let found = try connection.run(
            PostgresStatement("SELECT id FROM swiftotp.fleet"), until: end
        ).rows()
        guard let fleet = found.id(0, 0) else { fail("there is no fleet at \(address)") }
        let sealing = RecordSealing(fleet: fleet, keys: keys)
        for start in stride(from: numbers.lowerBound, to: numbers.upperBound, by: Filling.batch) {
            let some = start..<min(start + Filling.batch, numbers.upperBound)
            var values: [PostgresValue] = [.bytes(keys.current.id)]
            for number in some {
                let id = RowID.random()
                let row = SealedRow(record: try record(number), floor: 0)
                let (name, uid) = (Array(Users.name(number).utf8), Users.uid(number))
                let place = RecordSealing.Place(
                    id: id, realm: Array("main".utf8), name: name, uid: uid)
                values += [
                    .id(id), .text(name), .int(Int64(uid)),
                    .bytes(try sealing.seal(row, of: place, version: 1)),
                ]
            }
            _ = try connection.run(Filling.statement(some.count), values, until: end).rows()
        }
    }

    private func record(_ number: Int) throws -> [UInt8] {
        guard var record = Record(decoding: template.span), let name = Name("phone".utf8),
            let phone = Authenticator(name: name, added: Filling.now)
        else { fail("no record can be made") }
        let key = Users.key(number, seed: seed)
        try record.add(phone, key: key.span)
        return record.encoded
    }

    private static func statement(_ count: Int) -> PostgresStatement {
        let rows = (0..<count).map { row in
            let first = 4 * row + 2
            return "($\(first), 'main', $\(first + 1), $\(first + 2), 1, $1, $\(first + 3),"
                + " true, 1, 10, 0, false, 0)"
        }
        return PostgresStatement(
            "fill \(count)",
            """
            INSERT INTO swiftotp.users (id, realm, name, uid, version, key_id, record, enrolled,
                authenticators, backup_left, failures, closed, last_login)
            VALUES \(rows.joined(separator: ", "))
            """)
    }
}
