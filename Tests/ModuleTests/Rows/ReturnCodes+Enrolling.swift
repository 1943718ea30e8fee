import Foundation
import TestSupport

private let refused = "That code was not accepted."
private let must = "You need an authenticator to log in. Nothing was enrolled."
private let mustElsewhere =
    "You need an authenticator to log in here. Run `otp-enroll` in a terminal first."
private let elsewhere =
    "You have no authenticator yet. Run `otp-enroll` in a terminal to enroll one."
private let unavailable =
    "The code cannot be checked right now. Please tell your administrator."
private let putOff = "Nothing was enrolled."
private let unproven = "reason=first-factor-not-proven"

extension ReturnCodes {
    /// Users without an authenticator, at a login that enrolls.
    static let entries = enrolling + puttingOff + unprovenEntries + goneEntries + lateEntries

    /// With the code of the key that was shown.
    private static let enrolling: [Row] = [
        .enrolls("enroll=require, enrolled at the login", "enroll=require"),
        .enrolls("enroll=offer, enrolled at the login", "enroll=offer"),
        .enrolls(
            "enroll=require, a service that qr_services names",
            "enroll=require after_first_factor qr_services=sshd,vsftpd", service: "vsftpd",
            by: ["tty ftp"]),
        .enrolls(
            "enroll=require, enrolled after sshd's own password method", "enroll=require",
            by: LoginKey.login("password")),
        .enrolls(
            "enroll=require, wrong, wrong, then enrolled", "enroll=require",
            first: ["answer 00000", "answer rubbish"]),
        .enrolls("enroll=require after a reset, enrolled at the login", "enroll=require") {
            enrolled, _ in try enrolled.change { $0.removeAll() }
        },
        .login(
            "enroll=require, enrolled before, right code", "PAM_SUCCESS",
            arguments: "enroll=require", service: "sshd", log: "factor=code"
        ) { enrolled, _ in LoginKey().login + ["answer \(try await enrolled.phone.code())"] },
    ]

    /// Without it.
    private static let puttingOff: [Row] = [
        .entry(
            "enroll=offer, put off", Stack.ignored, "enroll=offer",
            log: "not asked; reason=enrolling-put-off", says: putOff, ["answer "]),
        .entry(
            "enroll=require, put off", "PAM_AUTH_ERR", "enroll=require",
            log: "reason=not-enrolled", says: must, ["answer "]),
        .entry(
            "enroll=require, three wrong codes", "PAM_AUTH_ERR", "enroll=require", prompts: 3,
            log: "reason=not-enrolled", says: must,
            ["answer 123", "answer-size 1048576", "answer \\x1b[2J\\x0a"]),
        .entry(
            "enroll=require, `i` and `a` for ever", "PAM_AUTH_ERR", "enroll=require", prompts: 12,
            log: "reason=not-enrolled", says: must,
            (1...6).flatMap { _ in ["answer i", "answer A"] }),
        .entry(
            "enroll=require, put off a third time of two", "PAM_AUTH_ERR",
            "enroll=require enroll_grace=2", log: "reason=not-enrolled", says: must, ["answer "]
        ) { enrolled, stack in
            try enrolled.forget()
            for left in ["You can put it off 1 more time.", "You must enroll at the next login."] {
                let result = try await stack.login(enrolled.user, [""], with: LoginKey().login)
                try require(result.name == Stack.ignored, "\(result)")
                try require(result.said == ["\(putOff) \(left)"], "\(result.said)")
            }
        },
        .entry(
            "enroll=offer, a service without a terminal", Stack.ignored,
            "enroll=offer after_first_factor", service: "vsftpd", by: ["tty ftp"], prompts: 0,
            log: "not asked; reason=enrolling-put-off", says: elsewhere),
        .entry(
            "enroll=require, a service without a terminal", "PAM_AUTH_ERR",
            "enroll=require after_first_factor", service: "vsftpd", by: ["tty ftp"], prompts: 0,
            log: "reason=not-enrolled", says: mustElsewhere),
        .entry(
            "enroll=require, a service that qr_services leaves out", "PAM_AUTH_ERR",
            "enroll=require qr_services=login,su", prompts: 0,
            log: "reason=not-enrolled", says: mustElsewhere),
    ]

    /// Unauthenticated users are asked for a code, like everybody.
    private static let unprovenEntries: [Row] = [
        .entry(
            "enroll=require, without a first factor", "PAM_AUTH_ERR", "enroll=require",
            by: ["tty ssh"], log: unproven, says: refused, ["answer 123456"]),
        .entry(
            "enroll=require, sshd's report from a program that is not sshd", "PAM_AUTH_ERR",
            "enroll=require", by: LoginKey.login(LoginKey().line, terminal: "pts/3"),
            log: unproven, says: refused, ["answer 123456"]),
        .entry(
            "enroll=require, sshd's report only in the environment of the process",
            "PAM_AUTH_ERR", "enroll=require", by: ["tty ssh"], log: unproven, says: refused,
            around: ["env", "SSH_AUTH_INFO_0=\(LoginKey().line)\n"], ["answer 123456"]),
        .entry(
            "enroll=require with first_enrollment=root", "PAM_AUTH_ERR",
            "enroll=require first_enrollment=root", log: "reason=no-record", says: refused,
            ["answer 123456"]),
        .entry(
            "enroll=require in a store without its seal key", "PAM_AUTHINFO_UNAVAIL",
            "enroll=require", prompts: 0, log: "cannot check",
            says: "The code cannot be checked right now."
        ) { enrolled, _ in unlink(enrolled.store + "/seal.key") },
    ]

    /// The user leaves.
    private static let goneEntries: [Row] = [
        .entry(
            "enroll=require, no answer", "PAM_CONV_ERR", "enroll=require",
            log: "reason=no-answer", ["no-answer"]),
        .entry(
            "enroll=require, the conversation fails", "PAM_CONV_ERR", "enroll=require",
            log: "reason=no-answer", ["conv-error"]),
    ]

    /// Right, but not stored.
    private static let lateEntries: [Row] = [
        .tooLate(
            "enroll=require, another session was faster", "PAM_AUTH_ERR", "enroll=require",
            log: "reason=enrolled-meanwhile",
            says: "Another session has enrolled you. Discard this key, and use a code from there."
        ) { enrolled, _ in
            // As root does it; EnrollmentPromptTests has two simultaneous logins.
            _ = try Enrolled.enroll(enrolled.user, in: enrolled.store)
        },
        .tooLate(
            "enroll=require, the disk is full when it is to be kept", "PAM_AUTHINFO_UNAVAIL",
            "enroll=require", log: "no space left on the device", says: unavailable,
            before: {
                try $0.forget()
                try await $0.useSmallDisk()
            }
        ) { enrolled, _ in try await enrolled.fillSmallDisk() },
        .tooLate(
            "enroll=offer, the store is read-only when it is to be kept", "PAM_AUTHINFO_UNAVAIL",
            "enroll=offer", log: "the file system is read-only", says: unavailable,
            before: {
                try $0.change { $0.removeAll() }
                try await $0.useSmallDisk()
            }
        ) { enrolled, _ in try await enrolled.lockSmallDisk() },
    ]
}
