import Foundation
import OTPCore
import OTPStore
import TestSupport

/// A moment that the machine's clock shows.
struct Moment: Sendable {
    /// As faketime(1) takes it, in UTC.
    let date: String
    /// Seconds since 1970.
    let seconds: Int

    /// When everything begins, on the first second of a code.
    static let start = Moment(date: "2027-01-15 08:00:00", seconds: 1_800_000_000)

    /// So many seconds after `start`, on the same morning.
    static func after(_ seconds: Int) -> Moment {
        let minutes = 8 * 60 + seconds / 60
        let time = String(format: "%02d:%02d:%02d", minutes / 60, minutes % 60, seconds % 60)
        return Moment(date: "2027-01-15 \(time)", seconds: start.seconds + seconds)
    }

    /// Where the clock jumps to, by the names in the tables of `ClockRows.swift`.
    static let jumps: [String: Moment] = [
        "before 1970": Moment(date: "1969-12-31 23:59:58", seconds: -2),
        "1970": Moment(date: "1970-01-01 00:00:00", seconds: 0),
        "2025, its end": Moment(date: "2025-12-31 23:59:59", seconds: 1_767_225_599),
        "2026": Moment(date: "2026-01-01 00:00:00", seconds: 1_767_225_600),
        "a year back": Moment(date: "2026-01-15 08:00:00", seconds: 1_768_464_000),
        "an hour back": Moment(date: "2027-01-15 07:00:00", seconds: 1_799_996_400),
        "a minute back": Moment(date: "2027-01-15 07:59:00", seconds: 1_799_999_940),
        "ten seconds on": Moment(date: "2027-01-15 08:00:10", seconds: 1_800_000_010),
        "a minute on": Moment(date: "2027-01-15 08:01:00", seconds: 1_800_000_060),
        "an hour on": Moment(date: "2027-01-15 09:00:00", seconds: 1_800_003_600),
        "a year on": Moment(date: "2028-01-15 08:00:00", seconds: 1_831_536_000),
        "2^31 - 2": Moment(date: "2038-01-19 03:14:06", seconds: 2_147_483_646),
        "2^31 - 1": Moment(date: "2038-01-19 03:14:07", seconds: 2_147_483_647),
        "2^31": Moment(date: "2038-01-19 03:14:08", seconds: 2_147_483_648),
        "2^32 - 2": Moment(date: "2106-02-07 06:28:14", seconds: 4_294_967_294),
        "2^32 - 1": Moment(date: "2106-02-07 06:28:15", seconds: 4_294_967_295),
        "2^32": Moment(date: "2106-02-07 06:28:16", seconds: 4_294_967_296),
        "2262": Moment(date: "2262-04-11 23:47:17", seconds: 9_223_372_037),
        "9999": Moment(date: "9999-12-31 23:59:59", seconds: 253_402_300_799),
    ]

    /// The words before a program that is to have this clock. What nobody can set, the time since
    /// the machine was started, is left alone.
    var around: [String] {
        ["env", "TZ=UTC", "FAKETIME_DONT_FAKE_MONOTONIC=1", "faketime", "-f", date]
    }
}

/// A user, and a clock that jumps.
struct ClockScene: Sendable {
    let enrolled: Enrolled

    /// Codes of eight digits, so that none of another time fits by chance.
    init() throws { enrolled = try Enrolled(digits: 8) }

    /// The right code of that clock; none before 1970 can be.
    func code(_ moment: Moment) async throws -> String {
        try await enrolled.phone.code(at: max(0, moment.seconds))
    }

    /// One login: `in`, `put off`, `asked` and without an answer, `unavailable`, or why it was
    /// refused, as the log has it.
    func login(
        _ moment: Moment, _ answers: String..., arguments: String = "", with more: [String] = []
    ) async throws -> String {
        let log = try SystemLog.shared()
        let mark = Address.unique()
        // By this clock's own service, whose clock it is.
        let result = try await enrolled.stack(arguments, behind: moment.around).login(
            enrolled.user, answers, with: more + ["rhost \(mark)"])
        let line = try await log.line(containing: "rhost=\(mark)").fields
        switch result.name {
        case "PAM_SUCCESS": return "in"
        case Stack.ignored: return "put off"
        case "PAM_CONV_ERR": return "asked"
        case "PAM_AUTHINFO_UNAVAIL": return "unavailable"
        case "PAM_AUTH_ERR":
            let reason = line["reason"] ?? "no reason"
            return line["wait"].map { "\(reason) \($0)" } ?? reason
        default: return result.name
        }
    }

    /// otp-enroll at that clock.
    func command(_ moment: Moment, _ words: [String], input: String = "") async throws -> Command {
        try await enrolled.otpEnroll(words, input: input, around: moment.around)
    }

    /// Leaves failures behind, the last one at the start, where logins of all addresses are counted
    /// together.
    func fail(_ count: UInt32) throws {
        try enrolled.change { record in
            var bytes: [UInt8] = []
            bytes.append(bigEndian: count)
            bytes.append(bigEndian: UInt64(Moment.start.seconds))
            bytes.append(0)
            var cursor = Cursor()
            if let throttle = Throttle(decoding: bytes.span, &cursor) { record.throttle = throttle }
        }
    }

    /// Issues a temporary code at the start, before the machine was started anew.
    func issueBeforeRestart() throws -> String {
        let random = SystemRandom()
        var bytes = try random.bytes(TemporaryCode.randomLength)
        let salt = try random.bytes(HashedCode.saltLength)
        let boot = BootTime(id: try random.bytes(BootTime.idLength), seconds: 3600)
        var code = ""
        try enrolled.change { record in
            record.issueTemporaryCode(
                at: UInt64(Moment.start.seconds), validFor: 86_400, boot: boot, random: &bytes,
                salt: salt
            ) { code = $0 }
        }
        return code
    }

    /// Gives the user a token that counts its codes, and nothing else; its codes in order.
    func giveToken() async throws -> [String] {
        let key = try SystemRandom().bytes(20)
        guard let name = Name("token".utf8),
            let token = Authenticator(name: name, kind: .hotp, digits: 8, added: 1)
        else { throw Trouble("no token") }
        try enrolled.change { record in
            record.removeAll()
            try? record.add(token, key: key.span)
        }
        let secret = key.map { String(format: "%02x", $0) }.joined()
        let codes = try await Command.output(
            ["oathtool", "--hotp", "--digits=8", "--window=2", "-"], input: secret + "\n")
        return codes.split(separator: "\n").map(String.init)
    }
}
