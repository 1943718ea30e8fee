import OTPCore
import OTPWire
import Testing

@Suite("The lines of a backup")
struct BackupLineTests {
    private let lines: [BackupLine] = [
        .swiftotpBackup(version: 1, host: "web1", time: 1_790_000_000),
        .file(name: "swiftotp.conf", contents: "bnVsbG9rID0geWVzCg=="),
        .record(uid: 1000, user: "alice", contents: "AAEC", isOrphan: false),
        .record(uid: 1001, user: "bob", contents: "AAEC", isOrphan: true),
        .end(records: 2),
    ]

    private func bytes(_ lines: [BackupLine]) throws -> [UInt8] {
        try lines.flatMap { try #require($0.encoded) }
    }

    private func problem(_ bytes: [UInt8]) -> BackupContents.Problem? {
        do throws(BackupContents.Problem) {
            _ = try BackupContents(reading: bytes)
            return nil
        } catch {
            return error
        }
    }

    @Test("What was written is not what is read")
    func whole() throws {
        let read = try BackupContents(reading: try bytes(lines))
        #expect(read.host == "web1" && read.time == 1_790_000_000)
        #expect(read.files == ["swiftotp.conf": Array("nullok = yes\n".utf8)])
        #expect(read.records.map(\.user) == ["alice", "bob"])
        #expect(read.records.map(\.isOrphan) == [false, true])
        #expect(read.records.first?.record == "AAEC")
    }

    @Test("A backup that was cut anywhere is taken for a whole one")
    func cut() throws {
        let whole = try bytes(lines)
        for length in 0..<whole.count {
            #expect(problem(Array(whole.prefix(length))) != nil, "\(length)")
        }
        var fewer = lines
        fewer.remove(at: 2)
        #expect(problem(try bytes(fewer)) == .cut)
    }

    @Test("Something else, another version, or lines that are not understood are taken")
    func others() throws {
        #expect(problem(Array("hello\n".utf8)) == .noBackup)
        #expect(problem([UInt8](repeating: 7, count: 100_000)) == .noBackup)
        let later = #"{"swiftotpBackup":{"version":2,"more":{"x":1}}}"# + "\n"
        #expect(problem(Array(later.utf8)) == .otherVersion(2))
        #expect(problem(try bytes(lines + [lines[2]])) == .line(6))
        #expect(problem(try bytes([lines[0], lines[0]])) == .line(2))
        #expect(problem(try bytes([lines[0], lines[1], lines[1]])) == .line(3))
        let first = try #require(lines[0].encoded)
        #expect(problem(first + Array("{\"token\":{}}\n".utf8)) == .line(2))
        #expect(problem(first + Array("\u{0}\u{fffd}\n".utf8)) == .line(2))
    }
}
