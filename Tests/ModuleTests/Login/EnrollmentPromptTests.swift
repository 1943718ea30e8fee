import Foundation
import TestSupport
import Testing

/// Enrolling at a login (`enroll`), where one row of docs/RESULTS.md is not enough: what is shown.
@Suite("First enrollment at a login, through libpam")
struct EnrollmentPromptTests {
    @Test("Without libqrencode the key is not shown, or does not enroll")
    func noLibrary() async throws {
        let enrolled = try Enrolled()
        try enrolled.forget()
        let library = URL(fileURLWithPath: "\(Machine.libraries)/libqrencode.so.4")
            .resolvingSymlinksInPath().path
        let hide = "mount --bind /dev/null \(library); exec \"$0\" \"$@\""
        let talk = try InteractiveLogin(
            enrolled.stack("enroll=require after_first_factor", service: "sshd"),
            user: enrolled.user, LoginKey().login, around: ["unshare", "-m", "sh", "-c", hide])
        #expect(talk.opening.hasPrefix("\nIn an authenticator app, type this key"))
        #expect(talk.opening.hasSuffix("Code shown by the app: "))
        #expect(talk.opening.utf8.allSatisfy { $0 == 0x0a || (0x20..<0x7f).contains($0) })
        let phone = try await talk.enroll()
        let login = try await enrolled.stack().login(
            enrolled.user, [try await phone.code(steps: 1)])
        #expect(login.name == "PAM_SUCCESS")
    }
}
