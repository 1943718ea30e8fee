import Foundation
import TestSupport
import Testing

/// `doctor` and PerSourcePenalties, by which sshd since OpenSSH 9.8 refuses addresses.
@Suite struct DoctorPenaltyTests {
    init() throws { try Build.requireGround() }

    /// doctor's notes about it.
    private func notes(
        _ patient: DoctorPatient, around: [String] = []
    ) async throws -> [String] {
        let verdict = try await patient.examine(around: around)
        let told = verdict.findings.filter { $0.text.contains("PerSourcePenalt") }
        #expect(told.allSatisfy { $0.check == "sshd" && $0.severity == "note" }, "\(told)")
        #expect(verdict.isWell && verdict.serious.isEmpty, "\(verdict.findings)")
        return told.map(\.text)
    }

    @Test("sshd's own penalties are not reported, or reported for an sshd without them")
    func ofThisMachine() async throws {
        let patient = try await DoctorPatient()
        let knows = try await patient.sshd("user=alice").lowercased().contains("\npersourcepenalt")
        let plain = try await notes(patient)
        #expect(plain.count == (knows ? 1 : 0), "\(plain)")
        guard knows else { return }
        #expect(plain[0].contains("adds 5 s, wrong codes included, and above 15 s"), "\(plain)")
        for (line, says) in [
            ("PerSourcePenalties no", nil), ("PerSourcePenalties authfail:0", nil),
            ("PerSourcePenalties authfail:1m max:2h min:90", "adds 60 s"),
            ("PerSourcePenaltyExemptList 192.0.2.0/24", "exempt are 192.0.2.0/24"),
        ] {
            try patient.ssh([line, DoctorPatient.keyMethods])
            let told = try await notes(patient)
            #expect(told.count == (says == nil ? 0 : 1), "\(told)")
            if let says { #expect(told[0].contains(says), "\(told)") }
        }
    }

    /// The output of various versions of sshd, taken from Debian 13 and sid.
    private static let heard = [
        (
            "10.0",
            [
                "persourcepenaltyexemptlist none",
                "persourcepenalties crash:90 authfail:5 noauth:1 grace-exceeded:10"
                    + " refuseconnection:10 max:600 min:15 max-sources4:65536 max-sources6:65536"
                    + " overflow:permissive overflow6:permissive",
            ], "`PerSourcePenaltyExemptList 203.0.113.0/24` exempts a network"
        ),
        (
            "10.6",
            [
                "PerSourcePenaltyExemptList 10.0.0.0/8,192.0.2.7",
                "PerSourcePenalties crash:90.000000 authfail:5.000000 noauth:1.000000"
                    + " invaliduser:5.000000 grace-exceeded:10.000000"
                    + " refuseconnection:10.000000 max:600.000000 min:15.000000"
                    + " max-sources4:65536 max-sources6:65536 overflow:permissive"
                    + " overflow6:permissive",
            ], "exempt are 10.0.0.0/8,192.0.2.7 (PerSourcePenaltyExemptList)"
        ),
        ("10.6", ["PerSourcePenalties no", "PerSourcePenaltyExemptList none"], ""),
    ]

    @Test("A newer sshd's settings for its penalties are not understood", arguments: heard)
    func ofNewer(_ version: String, _ lines: [String], _ exempt: String) async throws {
        let patient = try await DoctorPatient()
        let scratch = try Scratch()
        // This machine's sshd, except for its answer about the setting.
        let program = try scratch.write(
            """
            #!/bin/sh
            said=$(\(scratch.path)/real "$@") || exit
            printf '%s\\n' "$said" | grep -vi '^persourcepenalt'
            case " $* " in *" -T "*) cat <<'END'
            \(lines.joined(separator: "\n"))
            END
            esac

            """, to: "sshd", mode: 0o755)
        let told = try await notes(
            patient,
            around: [
                "sh", "-c",
                """
                cp /usr/sbin/sshd "$0/real" && mount --bind "$1" /usr/sbin/sshd && shift && exec "$@"
                """, scratch.path, program,
            ])
        #expect(told.isEmpty == exempt.isEmpty, "\(told)")
        guard let note = told.first else { return }
        #expect(told.count == 1 && note.contains("adds 5 s, wrong codes included"), "\(told)")
        #expect(
            note.contains("above 15 s every connection") && note.contains("600 s at most"),
            "\(note)")
        #expect(note.contains(exempt), "\(note)")
    }
}
