import Foundation
import TestSupport
import Testing

/// What a login says about the clock of the device whose code it was, through the real libpam
/// with a clock that stands still.
@Suite("The device's clock")
struct DriftTests {
    /// Logs in with the code of a step so many from now, so many seconds after a step began.
    private func logIn(
        _ enrolled: Enrolled, step: Int, after seconds: Int, _ arguments: String = "",
        with more: [String] = []
    ) async throws -> Result {
        let start = 1_800_000_000
        let phone = try enrolled.renewKey()
        let clock = String(format: "2027-01-15 08:00:%02d", seconds)
        let stack = try enrolled.stack(
            arguments, behind: ["env", "TZ=UTC", "faketime", "-f", clock])
        return try await stack.login(
            enrolled.user, [try await phone.code(at: start + step * 30)], with: more)
    }

    @Test(
        "Told where more than half of the window is used, in both directions",
        arguments: [
            (0, 0, nil), (0, 29, nil), (1, 0, "30 s ahead"), (1, 14, "16 s ahead"), (1, 15, nil),
            (1, 16, nil), (1, 29, nil), (-1, 0, nil), (-1, 14, nil), (-1, 15, nil),
            (-1, 16, "16 s behind"), (-1, 29, "29 s behind"),
        ] as [(Int, Int, String?)])
    func edges(step: Int, seconds: Int, told: String?) async throws {
        let enrolled = try Enrolled()
        let result = try await logIn(enrolled, step: step, after: seconds)
        #expect(result.name == "PAM_SUCCESS")
        let sentence = told.map {
            "The clock of \"phone\" is \($0). Set it right, or codes fail."
        }
        #expect(result.said == [sentence].compactMap { $0 })
        #expect(result.messages.allSatisfy { $0.style == "echo_on" || $0.style == "info" })
    }

    @Test("A wider window has a wider half, and one of no width has none")
    func windows() async throws {
        let enrolled = try Enrolled()
        for (step, seconds, window, isTold) in [
            (1, 0, 2, false), (2, 29, 2, true), (2, 0, 2, true), (-2, 0, 2, false),
            (-2, 1, 2, true), (-1, 29, 2, false), (5, 0, 10, false), (10, 29, 10, true),
            (0, 15, 0, false),
        ] {
            let result = try await logIn(
                enrolled, step: step, after: seconds, "window=\(window)")
            #expect(result.name == "PAM_SUCCESS")
            #expect(result.said.count == (isTold ? 1 : 0), "\(step) \(seconds) \(result.said)")
        }
    }

    @Test("Nothing of it with PAM_SILENT, nor to somebody who is refused")
    func unheard() async throws {
        let enrolled = try Enrolled()
        let silent = try await logIn(enrolled, step: 1, after: 0, with: ["flags silent"])
        #expect(silent.name == "PAM_SUCCESS" && silent.said.isEmpty)
        let refused = try await logIn(enrolled, step: 2, after: 0)
        #expect(refused.name == "PAM_AUTH_ERR")
        #expect(refused.said == ["That code was not accepted."])
    }

    @Test("A code that was used: wait for the next one, with and without another try")
    func used() async throws {
        let enrolled = try Enrolled()
        try await enrolled.phone.settle()
        let code = try await enrolled.phone.code()
        let wait = "That code was already used. Wait for the next one."
        #expect(try await enrolled.stack().login(enrolled.user, [code]).said.isEmpty)
        let again = try await enrolled.stack().login(enrolled.user, [code])
        #expect(again.name == "PAM_AUTH_ERR" && again.said == [wait])
        let twice = try await enrolled.stack("retry=2").login(enrolled.user, [code, code])
        #expect(twice.name == "PAM_AUTH_ERR" && twice.said == [wait, wait])
        let silent = try await enrolled.stack().login(
            enrolled.user, [code], with: ["flags silent"])
        #expect(silent.name == "PAM_AUTH_ERR" && silent.said.isEmpty)
    }
}
