import Foundation
import OTPCore
import OTPStore
import TestSupport

extension Stall {
    /// What the logins left behind, in a few words: steps and seconds count from the start.
    ///
    /// Nothing is said of a file that was damaged.
    ///
    /// google-authenticator: the lines that a login changes. pam_oath: the counter and when the
    /// last code came. Ours: the first step or counter that can still be used, failures, backup
    /// codes.
    func left(_ enrolled: Enrollment) throws -> String {
        guard enrolled.damage == nil, !refuses else { return "" }
        return switch module {
        case .google: try googleLeft(enrolled)
        case .oath: try oathLeft()
        case .ours: try oursLeft(enrolled)
        }
    }

    private func googleLeft(_ enrolled: Enrollment) throws -> String {
        let lines = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n")
        var told: [String] = []
        for line in lines where line.hasPrefix("\" ") {
            let words = line.dropFirst(2).split(separator: " ")
            switch words[0] {
            case "TOTP_AUTH", "WINDOW_SIZE", "STEP_SIZE": continue
            case "DISALLOW_REUSE":
                let steps = words.dropFirst().map { relative(Int($0), enrolled.period) }
                told.append((["used"] + steps).joined(separator: " "))
            case "RATE_LIMIT":
                let times = words.dropFirst(3).map { relative(Int($0), 1) + "s" }
                told.append((["tries"] + times).joined(separator: " "))
            case "RESETTING_TIME_SKEW": told.append("skewed \(words.count - 1)")
            case "HOTP_COUNTER": told.append("counter \(words[1])")
            case "TIME_SKEW": told.append("skew \(words[1])")
            default: told.append(line.dropFirst(2).lowercased())
            }
        }
        let codes = lines.dropFirst().filter { $0.first?.isNumber ?? false }.count
        if enrolled.hasBackup { told.append("backup \(codes)") }
        return told.joined(separator: ", ")
    }

    private func relative(_ number: Int?, _ unit: Int) -> String {
        number.map { signed($0 - Codes.start / unit) } ?? "?"
    }

    private func signed(_ number: Int) -> String { number < 0 ? "\(number)" : "+\(number)" }

    private func oathLeft() throws -> String {
        let line = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n")[0]
        let fields = line.split(whereSeparator: { $0 == "\t" || $0 == " " })
        guard fields.count > 6 else { return "" }
        let used = try Date(fields[6].dropLast() + "Z", strategy: .iso8601)
        return
            "counter \(fields[4]), used \(signed(Int(used.timeIntervalSince1970) - Codes.start))s"
    }

    private func oursLeft(_ enrolled: Enrollment) throws -> String {
        guard let user = try SystemUsers().user(named: Array(Self.user.utf8)),
            let session = try Store(path: Array(state.utf8)).openForReading(user)
        else { throw Trouble("no record") }
        return session.withRecord { record in
            var told: [String] = []
            let device = record.authenticators[0]
            if device.kind == .hotp {
                told.append("counter \(device.nextStep)")
            } else if device.nextStep > 0 {
                told.append("from \(relative(Int(device.nextStep), enrolled.period))")
            }
            let failures = record.throttle.sources.reduce(record.throttle.shared.failures) {
                $0 + $1.counter.failures
            }
            if failures > 0 { told.append("failures \(failures)") }
            if enrolled.hasBackup { told.append("backup \(record.backupCodesLeft)") }
            return told.joined(separator: ", ")
        }
    }
}
