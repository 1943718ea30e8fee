import Foundation
import OTPCore
import TestSupport

extension Row {
    /// A row with faulty options, before any question.
    static func options(
        _ name: String, _ arguments: String, file: String? = nil, log: String
    ) -> Row {
        Row(name: name, code: "PAM_AUTHINFO_UNAVAIL") { row in
            let systemLog = try SystemLog.shared()
            let enrolled = try Enrolled()
            if let file { try enrolled.scratch.write(file, to: "otp.conf", mode: 0o644) }
            let conf = "conf=\(enrolled.scratch.file("otp.conf"))"
            let door = try ServiceAccess.current.arguments(enrolled.scratch, behind: [])
            let stack = try enrolled.stack(
                arguments.replacing("CONF", with: conf).replacing("DOOR", with: door))
            let result = try await stack.login(
                enrolled.user, [], with: ["rhost \(enrolled.scratch.path)"])
            try require(result.name == row.code && result.prompts == 0, "\(result)")
            let line = try await systemLog.line(containing: "rhost=\(enrolled.scratch.path)")
            try require(line.text.contains(log), line.text)
        }
    }
}

/// Fails a test, naming what was found.
func require(_ condition: Bool, _ found: String) throws {
    guard condition else { throw Trouble("found: \(found)") }
}

extension ReturnCodes {
    /// Results decided by the admin.
    static let policies: [Row] = [
        .login(
            "not enrolled", "PAM_AUTH_ERR", log: "reason=no-record",
            says: "That code was not accepted."
        ) {
            _, _ in ["user bin", "answer 123456"]
        },
        .login(
            "not enrolled, with nullok", Stack.ignored, arguments: "nullok", prompts: 0,
            log: "not asked; reason=not-enrolled"
        ) { _, _ in ["user bin"] },
        .login(
            "enrolled, with nullok, wrong code", "PAM_AUTH_ERR", arguments: "nullok",
            log: "reason=wrong"
        ) {
            enrolled, _ in ["answer \(try await enrolled.wrongCode())"]
        },
        .login(
            "unknown user", "PAM_AUTH_ERR", log: "reason=unknown-user",
            says: "That code was not accepted."
        ) {
            _, _ in ["user nobody-of-this-name", "answer 123456"]
        },
        .login(
            "member of the exempt group", Stack.ignored, arguments: "exempt_group=daemon",
            prompts: 0,
            log: "not asked; reason=exempt-group"
        ) { _, _ in [] },
        .login(
            "not a member of the exempt group", "PAM_AUTH_ERR", arguments: "exempt_group=games",
            log: "reason=wrong"
        ) { enrolled, _ in ["answer \(try await enrolled.wrongCode())"] },
        .options(
            "exempt group that does not exist", "exempt_group=no-such-group",
            log: "no-such-group: exempt_group: there is no such group"),
        .options(
            "argument that does not exist", "nulok", log: "argument nulok: there is no such option"),
        .options("argument out of range", "window=11", log: "`window` takes a number from 0 to 10"),
        .options("the socket given twice", "DOOR", log: "`socket` is given twice"),
        .options(
            "bad line in the file", "CONF", file: "# fine\nwindow = 1\nretry = many\n",
            log: "otp.conf line 3: `retry` takes a number from 1 to 3"),
        .options("named file that is missing", "CONF", log: "otp.conf: no such file or directory"),
        .login(
            "clock before the release, with its right code", "PAM_AUTH_ERR",
            log: "reason=clock-before-release",
            behind: ["env", "TZ=UTC", "faketime", "-f", "2025-06-01 00:00:10"]
        ) { enrolled, _ in
            // 2025-06-01; the login runs under faketime.
            ["answer \(try await enrolled.phone.code(at: 1_748_736_000))"]
        },
        .login("PAM_SILENT: only the question", "PAM_AUTH_ERR", log: "reason=wrong", silent: true) {
            enrolled, _ in ["flags silent", "answer \(try await enrolled.wrongCode())"]
        },
    ]
}
