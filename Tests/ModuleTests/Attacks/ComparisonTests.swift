import Foundation
import TestSupport
import Testing

/// The work of rejecting a wrong code: the same, however much of it is right. Callgrind counts the
/// instructions of the released service.
@Suite("The work of comparing codes")
struct ComparisonTests {
    @Test("a wrong code takes more or fewer instructions if some of its digits are right")
    func codes() async throws {
        let enrolled = try Enrolled()
        try await enrolled.phone.settle()
        let before = try enrolled.bytes
        let right = Array(try await enrolled.phone.code())
        let wrong = right.map { $0 == "9" ? "0" : Character("\($0.wholeNumberValue! + 1)") }
        var counts: Set<Int> = []
        for kept in 0..<right.count {
            let begins = right.prefix(kept) + wrong.dropFirst(kept)
            let ends = wrong.dropLast(kept) + right.suffix(kept)
            for guess in [begins, ends] {
                counts.insert(try await instructions(enrolled, before, String(guess)))
            }
        }
        #expect(counts.count == 1, "\(counts)")
    }

    /// The instructions of a try, and of what it calls, when it refuses this code. The module waits
    /// five seconds for the service, which takes callgrind longer on a very busy machine: then again.
    private func instructions(
        _ enrolled: Enrolled, _ before: Data, _ guess: String
    ) async throws -> Int {
        for _ in 0..<10 {
            try before.write(to: URL(fileURLWithPath: enrolled.recordFile))
            if let count = try await counted(enrolled, guess) { return count }
        }
        throw Trouble("callgrind's service was never there in time")
    }

    private func counted(_ enrolled: Enrolled, _ guess: String) async throws -> Int? {
        // Of its own: one that was too late writes too.
        let scratch = try Scratch()
        defer { withExtendedLifetime(scratch) {} }
        let file = scratch.file("callgrind")
        let program = try ServiceAccess.program(
            enrolled.scratch,
            behind: [
                "valgrind", "--tool=callgrind", "--toggle-collect=*7OTPCore7AttemptV3run*",
                "--callgrind-out-file=\(file)",
            ], program: Build.released("swiftotpd"))
        let module = Build.released("libpam_swiftotp.so")
        let line =
            "auth required \(module) socket=/nonexistent program=\(program) "
            + "store=\(enrolled.store)\n"
        try enrolled.scratch.write(line, to: "pam.d/login", mode: 0o644)
        let stack = Stack(folder: enrolled.scratch.file("pam.d"), service: "login")
        let result = try await stack.login(enrolled.user, [guess])
        if result.name == "PAM_AUTHINFO_UNAVAIL" { return nil }
        #expect(result.name == "PAM_AUTH_ERR")
        let profile = try? String(contentsOfFile: file, encoding: .utf8)
        let total = (profile ?? "").split(separator: "\n").last { $0.hasPrefix("totals: ") } ?? ""
        guard let count = Int(total.dropFirst(8)) else { return nil }
        #expect(count > 30_000, "hardly anything was counted")
        return count
    }
}
