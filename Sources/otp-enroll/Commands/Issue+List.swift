import OTPCore
import OTPStore
import OTPWire

// `otp-enroll issue --list`: lists users with a temporary code that can be used.
extension Issue {
    func listAll() throws {
        let live = try liveCodes()
        if global.json {
            let members = live.map { user, code in
                JSON.object([
                    "user": .text(user), "issued": .time(code.issued),
                    "expires": .time(code.expires),
                ])
            }
            return try Output.json(["temporary_codes": .list(members)])
        }
        guard !live.isEmpty else {
            return try Output.line("Nobody has a valid temporary code.")
        }
        let now = try SystemClock().now()
        var table = Table(["USER", "ISSUED", "UNTIL"])
        for (user, code) in live {
            table.add([
                user, Words.when(code.issued, now: now), Words.until(code.expires, now: now),
            ])
        }
        try table.print()
    }

    private func liveCodes() throws -> [(user: String, code: TemporaryCodeDocument)] {
        let context = try Context(global, user: nil, for: .helpDesk)
        let roster = Roster(context)
        var live: [(user: String, code: TemporaryCodeDocument)] = []
        try context.service.series {
            try roster.look(at: roster.recordedEntries()) { entry, finding in
                guard case .found(let account, _) = finding, let code = account.temporaryCode,
                    code.state == .live
                else { return }
                live.append((entry.shownName, code))
            }
        }
        return live
    }
}
