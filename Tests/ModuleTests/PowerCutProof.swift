import Foundation
import OTPCore
import TestSupport
import Testing

/// A real ext4 whose power is cut in the middle of a login or a command, and that is mounted again:
/// what had been told holds.
@Suite("Power cuts of a real file system")
struct PowerCutProof {
    /// Words that make a program so slow at its writing calls that a cut can hit any of them.
    private static let slowly = [
        "strace", "-f", "-o", "/dev/null", "-e", "trace=pwritev,fdatasync,fsync,renameat2", "-e",
        "inject=pwritev,fdatasync,fsync,renameat2:delay_enter=5000:delay_exit=5000",
    ]

    /// Waits for a moment by lot, and cuts the power.
    private func cut(_ enrolled: Enrolled, _ lot: inout Seeded, before end: Int) async throws {
        try await Task.sleep(for: .milliseconds(lot.number(below: end)))
        try enrolled.cutPower()
    }

    @Test("a code that let in before the cut is refused after it; another one may count, once")
    func logins() async throws {
        let enrolled = try Enrolled()
        try await enrolled.useSmallDisk(.ext4)
        defer { enrolled.removeSmallDisk() }
        let stack = try enrolled.stack("window=10")
        var lot = Seeded(7)
        var (yes, no, again) = (0, 0, 0)
        for round in 0..<Proof.count(6, long: 300) {
            try enrolled.change { $0.throttle.unlock() }
            let answer: String
            switch round % 3 {
            case 0: answer = try enrolled.issue()
            case 1: answer = try enrolled.renewBackupCodes()[round % 10]
            default: answer = try await enrolled.renewKey().code()
            }
            let talk = try Talk(stack, user: enrolled.user, around: Self.slowly)
            try talk.answer(answer)
            try await cut(enrolled, &lot, before: 70)
            let name = try talk.result().name
            try talk.reply("quit")
            try await enrolled.startAgain()
            let after = try await stack.login(enrolled.user, [answer]).name
            if name == "PAM_SUCCESS" {
                yes += 1
                #expect(after == "PAM_AUTH_ERR", "round \(round): a second login")
            } else {
                no += 1
                again += after == "PAM_SUCCESS" ? 1 : 0
                #expect(name == "PAM_AUTHINFO_UNAVAIL" && after != "PAM_AUTHINFO_UNAVAIL")
            }
            #expect(try await stack.login(enrolled.user, [answer]).name == "PAM_AUTH_ERR")
        }
        if Proof.isLong { #expect(yes > 20 && no > 20 && again > 20) }
        try Proof.tell(
            PowerLossProof.chapter, "logins while an ext4 loses its power",
            "\(yes) let in, and never again; \(no) not, of whom \(again) by the same code after it")
    }

    @Test("enrolled in the place of one who was killed before the record's name was on the disk")
    func afterOther() async throws {
        let enrolled = try Enrolled()
        try await enrolled.useSmallDisk(.ext4)
        defer { enrolled.removeSmallDisk() }
        // The first sync is that of the record, and the second one that of its name.
        let kill = ["-e", "trace=fsync", "-e", "inject=fsync:signal=KILL:when=2"]
        let add = [try Build.product("otp-enroll"), "add", "bin", "--no-confirm", "--json"]
        let killed = try await Command.run(
            ["strace", "-f", "-o", "/dev/null"] + kill + add + ["--store", enrolled.store])
        #expect(killed.status == 128 + SIGKILL && killed.output.isEmpty)
        #expect(access(enrolled.store + "/2", F_OK) == 0)
        let done = try await Command.output(add + ["--store", enrolled.store])
        try enrolled.cutPower()
        try await enrolled.startAgain()
        let object = try JSONSerialization.jsonObject(with: Data(done.utf8))
        let uri = try #require((object as? [String: Any])?["uri"] as? String)
        let code = try await Phone(scanning: uri).code()
        #expect(try await enrolled.stack().login("bin", [code]).name == "PAM_SUCCESS")
    }

    @Test("who was told to be enrolled before the cut is, and so is a code that was told")
    func commands() async throws {
        let enrolled = try Enrolled()
        try await enrolled.useSmallDisk(.ext4)
        defer { enrolled.removeSmallDisk() }
        let stack = try enrolled.stack("window=10")
        var lot = Seeded(8)
        var (kept, lost) = (0, 0)
        // A program takes much longer to start than to write.
        let time = try await ContinuousClock().measure {
            _ = try await Command.output(
                Self.slowly + [Build.product("otp-enroll")]
                    + ["add", "sys", "--no-confirm", "--store", enrolled.store])
        }
        try await Command.output(["sync", "-f", enrolled.store])
        for round in 0..<Proof.count(4, long: 100) {
            let isNew = round % 2 == 0
            let words = isNew ? ["add", "bin", "--no-confirm"] : ["issue", "daemon"]
            let child = Task {
                try await Command.run(
                    Self.slowly + [Build.product("otp-enroll")] + words
                        + ["--json", "--store", enrolled.store])
            }
            let milliseconds = Int(time / .milliseconds(1))
            try await Task.sleep(for: .milliseconds(milliseconds / 3))
            try await cut(enrolled, &lot, before: milliseconds * 2 / 3)
            let done = try await child.value
            try await enrolled.startAgain()
            if done.status == 0 {
                kept += 1
                let object = try JSONSerialization.jsonObject(with: Data(done.output.utf8))
                let told = try #require(object as? [String: Any])
                let code: String
                if let uri = told["uri"] as? String {
                    code = try await Phone(scanning: uri).code()
                } else {
                    code = try #require(told["code"] as? String)
                }
                let login = try await stack.login(isNew ? "bin" : "daemon", [code])
                #expect(login.name == "PAM_SUCCESS", "round \(round): \(login)")
            } else {
                lost += 1
                #expect(done.errors.hasPrefix("otp-enroll: "), "\(done.errors)")
                #expect(done.output.isEmpty)
            }
            // Whatever there is opens.
            let list = try await enrolled.command(["list", "--json"])
            #expect(list.status == 0, "\(list.errors)")
            unlink(enrolled.store + "/2")
        }
        if Proof.isLong { #expect(kept > 5 && lost > 5) }
        try Proof.tell(
            PowerLossProof.chapter, "commands while an ext4 loses its power",
            "\(kept) done, and all of that kept; \(lost) refused")
    }
}
