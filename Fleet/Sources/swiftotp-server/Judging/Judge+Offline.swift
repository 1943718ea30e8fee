import FleetNetwork
import FleetStore
import Glibc
import OTPCore
import OTPSystem
import OTPWire

// What a host decided while no server was reached. It comes from the host, so it proves nothing about
// users: it says what happened there, in its own name.
extension Judge {
    /// The highest number that can be told.
    private static let mostAnswers: UInt64 = 1_000_000_000
    /// How much one host may tell in a day.
    private static let daily: UInt64 = 10_000
    private static let day: UInt64 = 86_400
    /// The longest name of a user, in bytes (LOGIN_NAME_MAX).
    static let longestName = 256

    /// Writes what a host tells to the audit, and gives it the key of its answers.
    func offline(
        _ used: [OfflineUse], isNew: Bool, of host: HostRow, at now: UInt64, in database: Database
    ) throws(StoreError) -> HostAnswer {
        guard used.count <= OfflineUse.most,
            used.allSatisfy({
                $0.number <= Judge.mostAnswers && $0.user.utf8.count <= Judge.longestName
            })
        else { return .malformed }
        let past = try database.offlineHighest(at: host, since: now - min(now, Judge.day))
        guard used.isEmpty || past.told < Judge.daily else {
            return .unavailable("this host has told too much in a day")
        }
        var (receipt, told) = (Receipt?.none, past.told)
        for use in used {
            guard let new = try note(use, of: host, at: now, in: database) else { continue }
            receipt = new
            told += 1
        }
        // Once, and not for each call that is refused from here on: that would fill the audit too.
        if past.told < Judge.daily, told >= Judge.daily {
            receipt = try noteEnd(of: host, at: now, in: database)
        }
        var key = try database.offlineKeyBytes(of: host)
        defer { Secret.wipe(&key.bytes) }
        let reply = FleetReply(
            .offline(
                keyID: Hex.text(of: key.id), key: Hex.text(of: key.bytes), highest: past.highest))
        return .answered(try Judge.encoded(reply), receipt: receipt?.text)
    }

    /// Writes one thing, unless it was told before; a number that went back is an alarm.
    private func note(
        _ use: OfflineUse, of host: HostRow, at now: UInt64, in database: Database
    ) throws(StoreError) -> Receipt? {
        let detail = Judge.detail(of: use)
        let past = try database.offlineHistory(of: use.user, at: host, detail: detail)
        guard !past.isKnown else { return nil }
        let act = AdminAct(
            host: host.name, actor: "", origin: Judge.visible(use.origin), time: now)
        let user = use.user.isEmpty ? nil : UserName(realm: host.realm, name: use.user)
        let isBack = use.kind == .answer && use.number <= past.highest
        if isBack {
            let alarm = "answer \(use.number) after answer \(past.highest): the ledger went back"
            _ = try database.note(
                AuditEntry(kind: "offline-alarm", granted: false, detail: alarm), of: user, by: act)
            var line = LogLine("offline number went back")
            line.add("host", outside: Array(host.name.utf8))
            line.add("user", outside: Array(use.user.utf8))
            line.add("number", "\(use.number)")
            line.add("highest", "\(past.highest)")
            SystemLog.write(line.bytes, LOG_CRIT)
        }
        let isLogin = use.kind == .answer || use.kind == .recentKey
        return try database.note(
            AuditEntry(kind: "offline", granted: isLogin, detail: detail), of: user, by: act)
    }

    /// Says that a host has told as much as it may.
    private func noteEnd(
        of host: HostRow, at now: UInt64, in database: Database
    ) throws(StoreError) -> Receipt {
        let alarm = "\(Judge.daily) told in a day: more is refused"
        let receipt = try database.note(
            AuditEntry(kind: "offline-alarm", granted: false, detail: alarm), of: nil,
            by: AdminAct(host: host.name, actor: "", time: now))
        var line = LogLine("offline logins left out")
        line.add("reason", "too-many")
        line.add("host", outside: Array(host.name.utf8))
        SystemLog.write(line.bytes, LOG_CRIT)
        return receipt
    }

    /// `answer 3 on 2026-11-30 08:15 (1796026500)`: when, by the host's clock.
    private static func detail(of use: OfflineUse) -> String {
        let civil = CivilTime(use.time)
        let number = use.number == 0 ? "" : " \(use.number)"
        return "\(use.kind.rawValue)\(number) on \(civil.date) \(civil.timeOfDay) (\(use.time))"
    }

    private static func visible(_ text: String) -> String {
        String(decoding: LogLine.visible(Array(text.utf8.prefix(200))), as: UTF8.self)
    }
}
