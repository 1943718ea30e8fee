import OTPCore
import OTPStore

// `otp-enroll issue --list`: who has a temporary code that can be used.
extension Issue {
    func listAll() throws {
        let roster = try Roster(global)
        let store = try roster.store()
        let entries = try roster.entries(in: store).filter(\.hasRecord)
        let (now, boot) = (try SystemClock().now(), SystemClock().boot())
        var live: [(user: String, code: IssuedCode)] = []
        try roster.look(at: entries, in: store, { record, _ in record.temporaryCode }) {
            entry, finding in
            guard case .found(let code, _) = finding, let code,
                code.state(at: now, boot: boot) == .live
            else { return }
            live.append((entry.shownName, code))
        }
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
            return try Output.line("Nobody has a temporary code that can be used.")
        }
        var table = Table(["USER", "ISSUED", "UNTIL"])
        for (user, code) in live {
            table.add([user, Machine.localTime(code.issued), Machine.localTime(code.expires)])
        }
        try Output.line(table.lines.joined(separator: "\n"))
    }
}
