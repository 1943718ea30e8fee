import Foundation
import OTPCore
import OTPStore
import TestSupport

private let refused = "That code was not accepted."

extension ReturnCodes {
    /// After a phone was lost, and when the clock has changed.
    static let recoveries: [Row] = [
        .login(
            "temporary code", "PAM_SUCCESS", log: "login granted; factor=temporary-code",
            says: "That temporary code is now used up. Run `otp-enroll`"
        ) { enrolled, _ in ["answer \(try enrolled.issue().lowercased())"] },
        .login(
            "the same temporary code again", "PAM_AUTH_ERR", log: "reason=used-temporary-code",
            says: refused
        ) { enrolled, stack in
            let code = try enrolled.issue()
            try require(try await stack.login(enrolled.user, [code]).name == "PAM_SUCCESS", code)
            return ["answer \(code)"]
        },
        .login(
            "a temporary code that was revoked", "PAM_AUTH_ERR", log: "reason=wrong", says: refused
        ) { enrolled, _ in
            let code = try enrolled.issue()
            try enrolled.change { _ = $0.revokeTemporaryCode() }
            return ["answer \(code)"]
        },
        .login("a temporary code too late", "PAM_AUTH_ERR", log: "reason=expired", says: refused) {
            enrolled, _ in ["answer \(try enrolled.issue(ago: 601, validFor: 600))"]
        },
        .login(
            "temporary code, the clock set back by an hour since", "PAM_SUCCESS",
            log: "factor=temporary-code",
            // Without it, faketime also returns the time of day as the time since boot.
            behind: ["env", "DONT_FAKE_MONOTONIC=1", "faketime", "-f", "-1h"]
        ) { enrolled, _ in ["answer \(try enrolled.issue())"] },
        .login(
            "the clock set back by an hour, with its right code", "PAM_AUTH_ERR",
            log: "reason=clock-moved-back back=3", says: refused,
            behind: ["faketime", "-f", "-1h"]
        ) { enrolled, stack in
            let now = try await enrolled.phone.code()
            try require(try await stack.login(enrolled.user, [now]).name == "PAM_SUCCESS", now)
            let then = Int(Date().timeIntervalSince1970) - 3600
            return ["answer \(try await enrolled.phone.code(at: then))"]
        },
        .login("reset by root", "PAM_AUTH_ERR", log: "reason=no-record", says: refused) {
            enrolled, _ in
            try enrolled.change { $0.removeAll() }
            return ["answer \(try await enrolled.phone.code())"]
        },
        .login(
            "nothing but a temporary code, with nullok", "PAM_SUCCESS", arguments: "nullok",
            log: "factor=temporary-code"
        ) { enrolled, _ in
            try enrolled.change { $0.removeAll() }
            return ["answer \(try enrolled.issue())"]
        },
    ]
}

extension Enrolled {
    /// Issues a temporary code like otp-enroll, `ago` seconds ago.
    func issue(ago: UInt64 = 0, validFor seconds: UInt64 = 86_400) throws -> String {
        let random = SystemRandom()
        var bytes = try random.bytes(TemporaryCode.randomLength)
        let salt = try random.bytes(HashedCode.saltLength)
        let now = UInt64(Date().timeIntervalSince1970) - ago
        // A code of the past belongs to an earlier boot.
        let boot = ago == 0 ? SystemClock().boot() : nil
        var code = ""
        try change { record in
            record.issueTemporaryCode(
                at: now, validFor: seconds, boot: boot, random: &bytes, salt: salt
            ) { code = $0 }
        }
        return code
    }
}
