import Foundation
import TestSupport
import Testing

/// The same is typed by a user of a fleet, at a host of it, and by one of a host that is in none: what
/// they read is the same, but for what is listed here.
@Suite("The words of a fleet", .timeLimit(.minutes(10))) struct WordsTests {
    /// A step at which something else is read, and why that is meant.
    private struct Difference: Sendable {
        let step: String
        let inFleet: [String]
        let alone: [String]
        let why: String
    }

    private static let noRole = [
        "status 1",
        "otp-enroll: the fleet does not let you do this, or not at this host",
        "hint: it takes a role in the fleet, and is for others; root has no role",
        "hint: on a server, `swiftotp-server role` gives roles, and `swiftotp-server hosts NAME --rights`"
            + " hosts where they count",
    ]
    private static let roots = [
        "status 1", "otp-enroll: only root can open /var/lib/swiftotp",
        "hint: use sudo, or --store with a folder of your own",
    ]

    private static let differences = [
        Difference(
            step: "status HELPER", inFleet: noRole,
            alone: [
                "status 1", "otp-enroll: only root may do this for HELPER",
                "hint: omit the name to do it for yourself, or use sudo",
            ],
            why: "root has no role in a fleet: sudo would not help"),
        Difference(
            step: "issue USER", inFleet: noRole, alone: roots,
            why: "root has no role in a fleet: sudo would not help"),
        Difference(
            step: "list", inFleet: noRole, alone: roots,
            why: "root has no role in a fleet: sudo would list the records here"),
        Difference(
            step: "resync",
            inFleet: [
                "status 1", "otp-enroll: type two codes of 6 to 8 digits, one after the other",
                "hint: wait until the device shows the next one",
            ],
            alone: roots, why: "in a fleet users do it themselves"),
    ]

    /// What the fleet says of places, as one host says it: without the host's name, and with its own
    /// as the issuer that apps show.
    private static func withoutNames(_ line: String) -> String {
        line.replacing("@web1", with: "").replacing("Issuer: test ", with: "Issuer: alone ")
    }

    @Test("A user of a fleet, or a helper of theirs, reads other words than on one host")
    func sameWords() async throws {
        async let fleets = WordsTests.readInFleet()
        async let others = WordsTests.readAlone()
        let (inFleet, alone) = try await (fleets, others)
        #expect(inFleet.map(\.name) == alone.map(\.name))
        for (there, here) in zip(inFleet, alone) {
            if let difference = WordsTests.differences.first(where: { $0.step == here.name }) {
                #expect(there.lines == difference.inFleet, "\(here.name): \(difference.why)")
                #expect(here.lines == difference.alone, "\(here.name): \(difference.why)")
            } else {
                let said = there.lines.map(WordsTests.withoutNames)
                // A line may end elsewhere, because of a host's name.
                #expect(
                    said.joined(separator: " ") == here.lines.joined(separator: " "),
                    "\(here.name)")
            }
        }
        // Otherwise there would be nothing to compare.
        let names = alone.map(\.name)
        for difference in WordsTests.differences {
            #expect(names.count { $0 == difference.step } == 1, "\(difference.step)")
        }
        let said = alone.flatMap(\.lines).joined(separator: "\n")
        for words in [
            "USER is enrolled.", "That code was already used.", "refused: wrong code",
            "Too many wrong codes. Try again in", "wait for SECONDS", "USER was reset",
            "Temporary code for USER: TEMPORARY-CODE", "no longer trusted: \"laptop\"",
        ] {
            #expect(said.contains(words), "\(said)")
        }
    }

    // MARK: Who reads

    private static func readInFleet() async throws -> [Reading.Step] {
        let fleet = try await Fleet.shared()
        let helper = try await Member(of: fleet, "sue")
        try await fleet.servers[0].command("role", helper.name, "admin")
        let user = try await Member(of: fleet, "ann")
        var reading = Reading(at: fleet.hosts[0], of: user, helpedBy: helper)
        try await reading.readAll()
        return reading.steps
    }

    private static func readAlone() async throws -> [Reading.Step] {
        let (fleet, folder) = (try await Fleet.shared(), try Scratch())
        defer { withExtendedLifetime(folder) {} }
        let host = try await Host(on: Machine("alone", number: 26, on: fleet.lan, in: folder))
        let group = "readers"
        try await Account.group(group)
        try set("trust = key", at: host)
        let helper = try await Member(Account.make("sue", groups: [group]), at: host)
        let user = try await Member(Account.make("ann"), at: host)
        // Members of a help desk do not enroll themselves.
        try set("trust = key\nhelpdesk_group = \(group)", at: host)
        var reading = Reading(at: host, of: user, helpedBy: helper)
        try await reading.readAll()
        return reading.steps
    }

    private static func set(_ options: String, at host: Host) throws {
        try Data("\(options)\n".utf8).write(
            to: URL(fileURLWithPath: "\(host.machine.folder)/etc/security/swiftotp.conf"))
    }
}
