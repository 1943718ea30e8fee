import Foundation
import TestSupport
import Testing

/// A day of somebody at the help desk, typed as they would.
@Suite("otp-enroll: the help desk")
struct HelpDeskDayTests {
    /// The helper, who is enrolled, and their backup codes; users; and who is protected.
    private struct Day {
        let helper: Citizen
        let codes: [String]
        let alice: Account
        let chief: Account

        init(_ policy: String = "") async throws {
            let number = UUID().uuidString.prefix(8).lowercased()
            let (desk, board) = ("desk\(number)", "board\(number)")
            for name in [desk, board] { try await Account.group(name) }
            helper = try await Citizen(
                policy: "helpdesk_group = \(desk)\nhelpdesk_protected = \(board)\n" + policy)
            try await helper.account.join(desk)
            codes = try await helper.enroll().codes
            alice = try await Account.make("alice")
            chief = try await Account.make("chief", groups: [board])
            for account in [alice, chief] {
                #expect(try await helper.root("add", account.name, "--no-confirm").status == 0)
            }
        }

        /// A code of the helper's own, and what is on the terminal afterwards.
        func act(_ arguments: String..., code: String) async throws -> String {
            let terminal = try Terminal(helper.words(arguments))
            try await terminal.expect("Verification code of \(helper.account.name): ")
            try await terminal.type(code)
            #expect(try await terminal.finish() == 0)
            return await terminal.transcript
        }

        func run(_ arguments: String...) async throws -> Command {
            try await Command.run(helper.words(arguments))
        }
    }

    @Test(
        "A helper cannot give out a code, look, unlock or reset; or is asked for a code each time")
    func aDay() async throws {
        let day = try await Day()
        let alice = day.alice.name
        let shown = try await day.act("issue", alice, "--valid", "2h", code: day.codes[0])
        #expect(shown.contains("Temporary code for \(alice): "))
        #expect(try await day.run("status", alice).output.contains("emporary code"))
        let list = try await day.run("list")
        #expect(list.status == 0, "\(list.errors)")
        let lines = list.output.split(separator: "\n")
        #expect(lines.contains { $0.hasPrefix(alice) && $0.contains("phone, temporary code") })
        #expect(
            lines.contains { $0.hasPrefix(day.chief.name) && $0.contains("(protected)") },
            "\(list.output)")
        #expect(try await day.run("issue", "--list").output.contains(alice))
        #expect(try await day.run("issue", alice, "--revoke").status == 0)
        #expect(try await day.run("unlock", alice).output.hasPrefix("\(alice) is unlocked."))
        #expect(try await day.run("reset", alice, "--yes").output.hasPrefix("\(alice) was reset"))
        // The user sees who it was, and so does root.
        let status = try await day.helper.root("status", alice)
        #expect(status.output.contains("otp-enroll \(day.helper.account.name)"))
        let log = try await day.helper.root("helpdesk", "--log")
        let acts = log.output.split(separator: "\n").dropFirst()
        #expect(acts.count == 4, "\(log.output)")
        #expect(acts.allSatisfy { $0.contains(alice) && $0.contains(day.helper.account.name) })
        #expect(try await day.run("helpdesk").output.contains("you have 4 times."))
        // And in the report, until a week later.
        let report = try await day.helper.root("report").output
        let told = report.components(separatedBy: "\nThe help desk in the last 7 days: 4 acts\n")
        #expect(told.count == 2 && told[1].matches(of: #/\n.* reset .*/#).count == 1, "\(report)")
        #expect(told.last?.split(separator: "\n").count { $0.contains(alice) } == 4, "\(report)")
        let later = try await Command.output(
            [
                "faketime", "-f", "+8d", try Build.product("otp-enroll"), "report", "--store",
                day.helper.service.store,
            ], environment: ["FAKETIME_DONT_FAKE_MONOTONIC": "1"])
        #expect(later.contains("Not enrolled: ") && !later.contains("help desk"), "\(later)")
    }

    @Test("A helper acts on a protected user, sees keys, or is not told why not")
    func refusals() async throws {
        let day = try await Day()
        let helper = day.helper.account.name
        for name in [day.chief.name, "root"] {
            for command in [["issue", name], ["reset", name, "--yes"], ["status", name]] {
                let done = try await Command.run(day.helper.words(command))
                #expect(done.status == 1 && done.output.isEmpty)
                #expect(
                    done.errors.hasPrefix(
                        "otp-enroll: the help desk may not do this for \(name)\n"),
                    "\(done.errors)")
            }
        }
        for command in [["issue", helper], ["unlock", helper]] {
            let done = try await Command.run(day.helper.words(command))
            #expect(done.errors.hasPrefix("otp-enroll: only root "), "\(done.errors)")
        }
        for command in [
            ["export", day.alice.name, "--format", "json", "--output", "/nowhere"],
            ["add", day.alice.name], ["remove", day.alice.name, "phone"],
            ["codes", day.alice.name],
            ["forget", "1"], ["move", "x", day.alice.name], ["disable", day.alice.name],
        ] {
            let done = try await Command.run(day.helper.words(command))
            #expect(done.errors.hasPrefix("otp-enroll: only root "), "\(command): \(done.errors)")
        }
        let wrong = try await Command.run(
            day.helper.words(["issue", day.alice.name]), input: "\(Desk.wrongCode)\n")
        #expect(wrong.errors.hasPrefix("otp-enroll: refused: wrong code"), "\(wrong.errors)")
        #expect(
            try await day.helper.root("helpdesk", "--log").output.hasPrefix("The help desk has"))
    }

    @Test(
        "The limit of a day is not told in words, or a helper without codes is not told to enroll")
    func limits() async throws {
        let day = try await Day("helpdesk_daily = 1\n")
        _ = try await day.act("unlock", day.alice.name, code: day.codes[0])
        let second = try await day.run("unlock", day.alice.name)
        #expect(second.status == 1)
        #expect(
            second.errors == """
                otp-enroll: you have acted 1 time in 24 hours, which is the limit
                hint: helpdesk_daily in swiftotp.conf is that limit; root has none

                """)
        #expect(
            try await day.helper.root("reset", day.helper.account.name, "--yes").status == 0)
        let none = try await day.run("unlock", day.alice.name)
        #expect(
            none.errors.hasPrefix(
                "otp-enroll: the help desk needs codes of its own, and you are not enrolled\n"))
    }
}
