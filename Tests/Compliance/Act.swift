import Foundation
import TestSupport
import Testing

/// A case that no script of one person tells: it needs two of them, or a disk of its own.
struct Act: Sendable {
    let name: String
    let ends: Each<String>
    let because: [Difference]
    let run: @Sendable (Module, Codes) async throws -> [End]

    /// Google-authenticator with its file at its safest, for codes of a clock.
    static let enrolled = Enrollment(hasBackup: true, google: ["DISALLOW_REUSE"])

    static let all = [
        Act(
            name: "one code in two logins at the same moment",
            ends: Each(google: "yes yes", oath: "yes yes", ours: "yes no"), because: [.atOnce]
        ) { try await Pair(.code(0), .code(0), theirs: .checked).run($0, $1) },
        Act(
            name: "one scratch code in two logins at the same moment",
            ends: Each(google: "yes yes", oath: "no no", ours: "yes no"),
            because: [.atOnce, .backupCodes]
        ) { try await Pair(.backup(0), .backup(0), theirs: .checked).run($0, $1) },
        Act(
            name: "two right codes in two logins at the same moment",
            ends: Each(google: "yes yes", oath: "yes no", ours: "yes yes"), because: [.atOnce]
        ) { try await Pair(.code(0), .code(1, at: 0), theirs: .written).run($0, $1) },
        Act(
            name: "the next code, after a login that was killed while it wrote",
            ends: Each(google: "yes", oath: "no", ours: "yes"), because: [.killed]
        ) { try await Pair(.code(0), .code(1), theirs: .written, isKilled: true).run($0, $1) },
        Act(
            name: "a full disk: the right code, and again",
            ends: Each(google: "no no", oath: "no no", ours: "yes no"), because: [.fullDisk]
        ) { try await onDisk(.full, enrolled, $0, $1) },
        Act(
            name: "a read-only file system: the right code, and again",
            ends: Each(google: "no no", oath: "no no", ours: "unavailable unavailable"),
            because: [.damage]
        ) { try await onDisk(.readOnly, enrolled, $0, $1) },
        Act(
            name: "a read-only file system, and nothing that has to be written",
            ends: Each(google: "yes yes", oath: "no no", ours: "unavailable unavailable"),
            because: [.readOnly]
        ) { try await onDisk(.readOnly, Enrollment(), $0, $1) },
    ]

    // MARK: Disks

    private enum Disk { case full, readOnly }

    /// Logs in twice by one code, with the state on such a disk.
    private static func onDisk(
        _ disk: Disk, _ enrolled: Enrollment, _ module: Module, _ codes: Codes
    ) async throws -> [End] {
        let scratch = try Scratch(), clock = try StoppedClock(scratch)
        let small = try scratch.folder("small")
        try await Command.output(
            ["mount", "-t", "tmpfs", "-o", "size=96k,mode=700", "small", small])
        let code = Try.code(0)
        let stall = try Stall(Case(code, of: enrolled), module, in: small, by: clock)
        if disk == .full {
            let filler = try await Command.run(
                ["dd", "if=/dev/zero", "of=\(small)/filler", "bs=1k"])
            #expect(filler.errors.contains("No space left"))
        } else {
            try await Command.output(["mount", "-o", "remount,ro", small])
        }
        let player = try Player(clock)
        let typed = try codes.texts(code, enrolled, backup: stall.backup)
        let ends = try (0..<2).map { _ in
            try player.logIn(code, service: Stall.service, in: stall.services, typed)
        }
        try await Command.output(["umount", "--lazy", small])
        return ends
    }
}

extension Case {
    /// A case for an act, whose ends stand in the act.
    init(_ tries: Try..., of enrolled: Enrollment = Act.enrolled) {
        self.init("", of: enrolled, tries, all: "", left: ("", "", ""))
    }
}
