import Foundation
import TestSupport
import Testing

/// The texts of a login that enrolls.
enum Enrolling {
    static let question = "Code shown by the app"
    static let sheet = "Press Return when you have saved them: "
    static let wrong = "That is not a code for this key."
    static let must = "You need an authenticator to log in. Nothing was enrolled."

    /// The key as read by a person who types it into an app.
    static func key(in shown: String) throws -> String {
        let line = try #require(shown.firstMatch(of: #/Key:((?: [A-Z2-7]{4}){8})/#), "\(shown)")
        return line.output.1.filter { $0 != " " }
    }

    /// The phone of a user who types the key.
    static func phone(of person: Person, in shown: String) throws -> Phone {
        try Phone(scanning: "otpauth://totp/\(person.name)?secret=\(try key(in: shown))")
    }

    /// The backup codes shown.
    static func backupCodes(in shown: String) -> [String] {
        shown.matches(of: #/\b[0-9A-Z]{5}(-[0-9A-Z]{5}){2}\b/#).map { String($0.output.0) }
    }
}

extension Terminal {
    /// Goes from the question for the first code to the shell's output; returns the backup codes.
    func enroll(_ code: String, welcome: String) async throws -> [String] {
        try await type(code)
        try await expect(Enrolling.sheet)
        let codes = Enrolling.backupCodes(in: transcript)
        try await type("")
        try await expect(welcome)
        return codes
    }
}
