import Foundation
import TestSupport
import Testing

/// A service, or a program, that is killed during a restore or a backup.
@Suite struct BackupKilledProof {
    @Test("Killed at a call, a restore loses a record, makes a code good twice, or cannot end")
    func eachCall() async throws {
        let desk = try Desk()
        let vault = try await Vault(in: desk.scratch)
        let codes = try await desk.enroll().codes
        try await desk.enroll("daemon")
        let file = try await desk.backUp(to: vault)
        #expect(try await desk.verify(codes[0]).0)
        // One record is replaced, and one is made.
        unlink("\(desk.store)/1")
        let command = try TracedCommand(
            ["restore", file, "-i", vault.identity, "--yes", "--keep-backup-codes"], at: desk)
        let saved = try Snapshot(of: desk.store)
        let whole = try await command.traced()
        #expect(whole.status == 0, "\(whole.errors)")
        let writing = ["renameat2", "unlinkat", "fsync", "fdatasync", "pwritev"]
        let chosen = try command.seen.calls.filter { Proof.isLong || writing.contains($0.name) }
        try #require(chosen.count > 5)
        for call in chosen {
            try saved.restore()
            _ = try await command.traced(call.kill)
            #expect(try await desk.verify(codes[0]).0 == false, "\(call)")
            let again = try await command.run()
            #expect(again.status == 0, "\(call): \(again.errors)")
            #expect(try await desk.verify(codes[0]).0 == false, "\(call)")
            #expect(try await desk.verify(codes[1]).0, "\(call)")
            let other = try await desk.run("status", "daemon")
            #expect(other.output.contains("is enrolled"), "\(call): \(other.errors)")
            let names = try FileManager.default.contentsOfDirectory(atPath: desk.store)
            #expect(names.count { $0.hasPrefix("name-") } == 2, "\(call): \(names)")
        }
    }

    @Test(
        "Interrupted, a backup leaves something behind, or spoils an earlier one",
        arguments: [SIGINT, SIGTERM])
    func interrupted(signal: Int32) async throws {
        let desk = try Desk()
        let vault = try await Vault(in: desk.scratch)
        try await desk.enroll()
        let file = try await desk.backUp(to: vault)
        let earlier = FileManager.default.contents(atPath: file)
        // It waits for a passphrase.
        let terminal = try Terminal(desk.words(["backup", file, "--passphrase"]))
        try await terminal.expectHidden("Enter passphrase")
        terminal.child.signal(signal)
        try await terminal.expect("otp-enroll: interrupted: nothing was written")
        #expect(try await terminal.finish() == 1)
        #expect(access(file + ".new", F_OK) != 0)
        #expect(FileManager.default.contents(atPath: file) == earlier)
        // Killed, it leaves a part, which the next one takes over.
        let killed = try Terminal(desk.words(["backup", file, "--passphrase"]))
        try await killed.expectHidden("Enter passphrase")
        killed.child.signal(SIGKILL)
        _ = try await killed.finish()
        #expect(access(file + ".new", F_OK) == 0)
        #expect(FileManager.default.contents(atPath: file) == earlier)
        _ = try await desk.backUp(to: vault)
        #expect(access(file + ".new", F_OK) != 0)
    }
}
