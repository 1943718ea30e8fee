import Foundation
import TestSupport
import Testing

/// `unlock`: after a few failures and after a hundred.
@Suite struct UnlockTests {
    let desk: Desk

    init() throws { desk = try Desk() }

    @Test func fiveFailuresAreForgotten() async throws {
        let (phone, codes) = try await desk.enroll()
        try await desk.fail(5)
        try await phone.settle()
        let code = try await phone.code()
        let waiting = try await desk.run("verify", input: code)
        #expect(waiting.status == 1)
        #expect(
            waiting.errors.hasPrefix("otp-enroll: not tried: too many wrong codes, wait for "))
        #expect(try await desk.json("status")["locked_until"] is String)
        let done = try await desk.json("unlock", "root")
        #expect(done["user"] as? String == "root" && done["failures"] as? Int == 5)
        let status = try await desk.json("status")
        #expect(status["failures"] as? Int == 0 && status["locked_until"] is NSNull)
        // The code that was not tried was not used up either.
        #expect(try await desk.verify(code) == (true, "code"))
        #expect(try await desk.verify(codes[0]) == (true, "backup-code"))
        #expect(try await desk.events()[2] == "unlocked")
        let again = try await desk.run("unlock", "root")
        #expect(again.status == 0)
        #expect(again.output == "root is unlocked. There were no failures.\n")
    }

    @Test func aHundredFailuresAreForgotten() async throws {
        let (phone, codes) = try await desk.enroll()
        // A wrong code every 16 minutes, which is longer than the longest wait.
        let offset = desk.scratch.file("offset")
        let service = try WrappedService(
            in: desk.scratch, behind: Desk.faketime + "\"$(cat '\(offset)')\"")
        let script = #"""
            i=0
            while [ $i -lt 100 ]; do
                echo "+$((i * 16))m" >"$0"
                echo 0ZZZZ-ZZZZZ-ZZ$((i + 100)) | "$@" 2>&1 | head -n 1
                i=$((i + 1))
            done
            """#
        let told = try await Command.output(
            ["sh", "-c", script, offset] + desk.words(["verify"], by: service.program),
            within: .seconds(600))
        let wrong = "otp-enroll: refused: wrong code"
        #expect(told.split(separator: "\n").count { $0 == wrong } == 100)
        #expect(try await desk.verify(try await phone.code()) == (false, "closed"))
        // No waiting opens it.
        let later = try await desk.run(
            offClock: "+300d", "verify", "--json", input: try await phone.code())
        #expect(later.status == 1 && later.output.contains("\"closed\""), "\(later.output)")
        let status = try await desk.json("status")
        #expect(status["failures"] as? Int == 100)

        let done = try await desk.json("unlock", "root")
        #expect(done["failures"] as? Int == 100)
        #expect(try await desk.verify(codes[0]) == (true, "backup-code"))
        #expect(try await desk.json("status")["failures"] as? Int == 0)
    }

    @Test func whoHasNothingIsNotUnlocked() async throws {
        let done = try await desk.run("unlock", "root")
        #expect(done.status == 1)
        #expect(done.errors.hasPrefix("otp-enroll: root is not enrolled\nhint: "))
        #expect(!FileManager.default.fileExists(atPath: desk.store))
    }

    /// One unlocks nobody else, and not oneself: root's own is root's.
    @Test func onlyRootMay() async throws {
        try await desk.enroll()
        try await desk.fail(5)
        let before = desk.record
        let done = try await Command.run(withoutRoot(desk.words(["unlock", "root"])))
        #expect(done.status == 1 && done.errors.hasPrefix("otp-enroll: only root may do this"))
        #expect(desk.record == before)
    }
}
