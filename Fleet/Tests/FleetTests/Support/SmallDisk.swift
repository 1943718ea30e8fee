import Foundation
import TestSupport
import Testing

/// A small disk at both databases of a fleet for its audit, which each login that is judged adds to.
/// PostgreSQL's own log stays where it was: without room for that, PostgreSQL would end.
struct SmallDisk {
    private let fleet: Fleet
    private let folder: Scratch
    private let path: String

    /// Moves the audit to it, with room for a few megabytes more.
    init(for fleet: Fleet) async throws {
        (self.fleet, folder) = (fleet, try Scratch())
        path = try folder.folder("disk")
        let size = try await fleet.primary.sql("SELECT pg_relation_size('swiftotp.audit') >> 20")
        let room = (size.first?.first.flatMap { Int($0) } ?? 0) + 8
        for machine in fleet.databases.map(\.machine) {
            try await machine.run([
                "mount", "-t", "tmpfs", "-o", "size=\(room)m,mode=700", "disk", path,
            ])
            try await machine.run(["chown", "postgres", path])
        }
        for statement in [
            "CREATE TABLESPACE disk LOCATION '\(path)'",
            // It would make room in the table.
            "ALTER TABLE swiftotp.audit SET (autovacuum_enabled = off)",
            "ALTER TABLE swiftotp.audit SET TABLESPACE disk",
        ] {
            try await fleet.primary.sql(statement)
        }
    }

    private var filler: String { "\(path)/filler" }

    /// Leaves no room on the primary's disk, and none in the table.
    func fill() async throws {
        // It ends with "No space left on device", as it has to.
        _ = try await Command.run(
            fleet.primary.machine.words + ["dd", "if=/dev/zero", "of=\(filler)", "bs=64k"])
        await #expect(throws: (any Error).self, "the disk does not get full") {
            try await fleet.primary.sql(
                """
                INSERT INTO swiftotp.audit
                    (mark, at, server, host, realm, name, actor, kind, granted, detail, origin)
                SELECT 0, 0, '', '', '', '', '', '', false, '', '' FROM generate_series(1, 1000000)
                """)
        }
    }

    /// Makes room again.
    func free() async throws { try await fleet.primary.machine.run(["rm", "-f", filler]) }

    /// Moves the audit back.
    func leave() async throws {
        try await free()
        for statement in [
            "ALTER TABLE swiftotp.audit SET TABLESPACE pg_default",
            "ALTER TABLE swiftotp.audit RESET (autovacuum_enabled)", "DROP TABLESPACE disk",
        ] {
            try await fleet.primary.sql(statement)
        }
        let found = "SELECT 1 FROM pg_tablespace WHERE spcname = 'disk'"
        for _ in 0..<400 {
            if try await fleet.standby.sql(found).isEmpty { break }
            try await Task.sleep(for: .milliseconds(50))
        }
        for machine in fleet.databases.map(\.machine) {
            try await machine.run(["umount", "--lazy", path])
        }
    }
}
