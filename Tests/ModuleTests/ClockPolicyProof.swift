import Foundation
import TestSupport
import Testing

/// Clocks that jump, where a policy goes by them, and where nothing does.
@Suite("Clocks that jump, and policies", .timeLimit(.minutes(60)))
struct ClockPolicyProof {
    private static let now = Moment.start

    /// A key that was trusted for 30 days: there, a minute after the start, a right code then
    /// without the key, and the key again two hours later.
    @Test("a trusted key")
    func trust() async throws {
        try await ClockRows.check("a trusted key", ClockRows.trust) { there in
            let scene = try ClockScene(), key = LoginKey().login
            let trusted = try await scene.login(
                Self.now, try await scene.code(Self.now), "y", arguments: "trust=key", with: key)
            #expect(trusted == "in")
            #expect(try scene.enrolled.read { $0.trusted.count } == 1)
            var cells = [try await scene.login(there, arguments: "trust=key", with: key)]
            cells.append(try await scene.login(.after(60), arguments: "trust=key", with: key))
            cells.append(try await scene.login(.after(60), try await scene.code(.after(60))))
            cells.append(try await scene.login(.after(7200), arguments: "trust=key", with: key))
            return cells
        }
    }

    /// Enrolling put off before the admin's day, there and with the clock right again; and with a
    /// grace of two, there and three times with the clock right again.
    @Test("enroll_until and enroll_grace")
    func delay() async throws {
        try await ClockRows.check("enrolling put off", ClockRows.delays) { there in
            var cells: [String] = []
            for (arguments, times) in [
                ("enroll_until=2027-01-16", 1), ("enroll_grace=2", 3),
            ] {
                let scene = try ClockScene()
                try scene.enrolled.forget()
                for moment in [there] + Array(repeating: Self.now, count: times) {
                    let end = try await scene.login(
                        moment, "", arguments: "enroll=require \(arguments)",
                        with: LoginKey().login)
                    cells.append(end == "not-enrolled" ? "refused" : end)
                }
            }
            return cells
        }
    }

    /// Enrolled at a login there; with the clock right again a right code of the device two minutes
    /// after the start, and a backup code that was handed out.
    @Test("enrolling at a login")
    func enrollment() async throws {
        try await ClockRows.check("enrolling at a login", ClockRows.enrollments) { there in
            let scene = try ClockScene(), enrolled = scene.enrolled
            try enrolled.forget()
            func talk(_ moment: Moment) throws -> Talk {
                let stack = try enrolled.stack(
                    "enroll=require", service: "sshd", behind: moment.around)
                return try Talk(stack, user: enrolled.user, LoginKey().login)
            }
            var cells: [String] = []
            var phone = enrolled.phone
            var codes: [String] = []
            if let talk = try? talk(there) {
                phone = try Talk.phone(typing: talk.opening)
                try talk.answer(try await phone.code(at: there.seconds))
                let sheet = try talk.question()
                codes = sheet.matches(of: #/\b[0-9A-Z]{5}(-[0-9A-Z]{5}){2}\b/#).map {
                    "\($0.output.0)"
                }
                try talk.answer("")
                cells.append(try talk.result().name == "PAM_SUCCESS" ? "in" : "refused")
            } else {
                cells.append(
                    try await scene.login(
                        there, arguments: "enroll=require", with: LoginKey().login))
            }
            let code = try await phone.code(at: Moment.after(120).seconds)
            cells.append(try await scene.login(.after(120), code))
            if codes.isEmpty {
                // Nothing was kept, and the right clock enrolls.
                let talk = try talk(Self.now)
                let phone = try Talk.phone(typing: talk.opening)
                try talk.answer(try await phone.code(at: Self.now.seconds))
                _ = try talk.question()
                try talk.answer("")
                cells.append(try talk.result().name == "PAM_SUCCESS" ? "in" : "refused")
            } else {
                cells.append(try await scene.login(.after(120), codes[0]))
            }
            return cells
        }
    }

    /// The first code of a token that counts, there and with the clock right again; then the
    /// second.
    @Test("a token that counts its codes")
    func token() async throws {
        try await ClockRows.check("a token that counts", ClockRows.tokens) { there in
            let scene = try ClockScene()
            let codes = try await scene.giveToken()
            let cells = [
                try await scene.login(there, codes[0]), try await scene.login(Self.now, codes[0]),
                try await scene.login(Self.now, codes[1]),
            ]
            return cells
        }
    }
}
