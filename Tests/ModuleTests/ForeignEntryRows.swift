import Foundation
import TestSupport

private let refused = "That code was not accepted."

extension ReturnCodes {
    /// Programs that are not root, where logins enroll and fields are shared. Nobody is enrolled
    /// there, and the password goes to the next module alone.
    static let foreignEntries: [Row] = [
        .foreign(
            "enroll=offer after a password, not enrolled", Stack.ignored,
            arguments: "enroll=offer after_first_factor", prompts: 0,
            log: "not asked; reason=enrolling-put-off",
            says: "You have no authenticator yet. Run `otp-enroll` in a terminal"
        ) {
            try $0.enrolled.forget()
            return []
        },
        .foreign(
            "enroll=require after a password, not enrolled", "PAM_AUTH_ERR",
            arguments: "enroll=require after_first_factor", prompts: 0,
            log: "reason=not-enrolled", says: "You need an authenticator to log in here."
        ) {
            try $0.enrolled.forget()
            return []
        },
        .foreign(
            "enroll=require, nothing has proven the user", "PAM_AUTH_ERR",
            arguments: "enroll=require", log: "reason=first-factor-not-proven", says: refused
        ) {
            try $0.enrolled.forget()
            return ["answer 123456"]
        },
        .foreign(
            "use_first_pass, nothing was given before", "PAM_AUTH_ERR",
            arguments: "use_first_pass", prompts: 0, log: "reason=empty"
        ) { _ in [] },
        .foreign(
            "forward_pass, password and code", "PAM_SUCCESS", arguments: "forward_pass",
            log: "factor=code"
        ) { ["answer hunter2\(try await $0.enrolled.phone.code())"] },
        .foreign(
            "forward_pass, password and wrong code", "PAM_AUTH_ERR",
            arguments: "forward_pass", log: "reason=wrong", says: refused
        ) { ["answer hunter2\(try await $0.enrolled.wrongCode())"] },
    ]
}
