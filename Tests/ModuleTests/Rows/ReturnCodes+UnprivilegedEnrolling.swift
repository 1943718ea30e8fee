import Foundation
import OTPCore
import TestSupport
import Testing

private let refused = "That code was not accepted."

extension ReturnCodes {
    /// Unprivileged programs with logins that enroll and with shared fields. Nobody is enrolled
    /// there, and only the password goes to the next module.
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
            "enroll=require after a password, which only root's programs may confirm",
            "PAM_AUTH_ERR", .service("first_enrollment = at_login\n"),
            arguments: "enroll=require after_first_factor",
            log: "reason=first-factor-not-proven", says: refused
        ) {
            try $0.enrolled.forget()
            return ["answer 123456"]
        },
        .foreignEnrolls("after_temporary=enroll, enrolled after the temporary code"),
        .foreign(
            "forward_pass, password and code", "PAM_SUCCESS", arguments: "forward_pass",
            log: "factor=code"
        ) { ["answer hunter2\(try await $0.enrolled.phone.code())"] },
    ]
}

extension Row {
    /// A row in which a temporary code lets the user in, and the lost device is replaced on the
    /// spot with the key that is shown.
    fileprivate static func foreignEnrolls(_ name: String) -> Row {
        Row(name: "not root: \(name)", code: "PAM_SUCCESS", doors: .one) { row in
            let systemLog = try SystemLog.shared()
            let mark = "locker-\(UUID().uuidString.lowercased())"
            let host = try await UnprivilegedHost(
                .service("after_temporary = enroll\n"), name: mark)
            let enrolled = host.enrolled
            let talk = try InteractiveLogin(
                host.stack, user: host.account.name, around: host.around)
            try talk.answer(try enrolled.issue())
            let phone = try talk.phone()
            try await phone.settle()
            try talk.answer(try await phone.code())
            let result = try talk.result()
            #expect(result.name == row.code && result.prompts == 2)
            let names = try enrolled.read { $0.authenticators.map(\.name.text) }
            #expect(names == ["phone"])
            let line = try await systemLog.line(
                containing: "pam_swiftotp(\(mark):auth): ", "factor=temporary-code",
                "enrolled=\"phone\"")
            #expect(!line.text.contains(phone.secret))
            try await host.expect(try await enrolled.phone.code(), "PAM_AUTH_ERR")
            try await host.expect(try await phone.code(steps: 1), "PAM_SUCCESS")
        }
    }
}
