import TestSupport
import Testing

/// sudo, which lets no module speak: what is to be told waits for a login that can.
@Suite("Logins where no module may speak") struct SilentLoginTests {
    @Test("sudo lets no module speak: what is to be told is lost, or asked all the same")
    func noticesWait() async throws {
        let sudo = try #require(LoginProgram.all(of: "sudo").first)
        let su = try #require(LoginProgram.all(of: "su").first)
        let fixture = try await LoginFixture(sudo)
        let (phone, _) = try await fixture.enroll()
        // With a question that is to be asked after the code, were there somebody to hear it.
        let silent = try await fixture.door("after_temporary=enroll")
        let outcome = try await fixture.expectAdmitted(
            silent, code: try await fixture.issue(), factor: "temporary-code")
        #expect(!outcome.transcript.contains("Enroll your new device"), "\(outcome.transcript)")
        let line = try #require(fixture.logged(fixture.person.name).last)
        #expect(line.fields["enrolled"] == nil)

        let speaking = LoginFixture(su, of: fixture)
        let told = try await speaking.expectAdmitted(
            try await speaking.door(), code: try await phone.code(), factor: "code")
        for words in [
            "The authenticator \"phone\" was added on ", "A temporary code was issued on ",
            "A temporary code was used on ",
        ] {
            #expect(told.transcript.contains(words), "\(told.transcript)")
        }
    }
}
