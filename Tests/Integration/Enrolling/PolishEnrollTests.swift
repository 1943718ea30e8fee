import Foundation
import TestSupport
import Testing

/// `language = pl`: an enrollment at a login, and the next login, read off the screen of ssh.
@Suite("Polish on the screen of ssh") struct PolishEnrollTests {
    @Test("The enrollment in Polish does not fit the screen, cannot be scanned, or is in English")
    func enrollment() async throws {
        let fixture = try await LoginFixture(LoginProgram.sshdByKey())
        let person = fixture.person
        let door = try await fixture.remoteDoor("enroll=require language=pl")
        let screen = try await door.screen(person, columns: 80, rows: 24, locale: "C.UTF-8")
        var text = try await screen.wait(for: "Kod z aplikacji (i: odwróć kolory, a: ASCII):")
        let uri = try #require(try await screen.scan(), "no QR code to be read:\n\(text)")
        let phone = try Phone(scanning: uri)
        let key = try #require(text.firstMatch(of: #/Klucz:((?: [A-Z2-7]{4}){8})/#), "\(text)")
        #expect(key.output.1.filter { $0 != " " } == phone.secret)
        expectPolish(text)

        try await phone.settle()
        try await screen.type(try await phone.code())
        text = try await screen.wait(for: "Po zapisaniu kodów naciśnij Enter:")
        #expect(text.contains("Zarejestrowano „phone”."), "\(text)")
        #expect(text.contains("Kody zapasowe, każdy na jedno logowanie bez urządzenia."), "\(text)")
        #expect(Enrolling.backupCodes(in: text).count == 10, "\(text)")
        expectPolish(text)
        try await screen.press("Enter")
        try await screen.wait(for: fixture.welcome)
        #expect(try await screen.finish() == 0)

        let next = try await door.screen(person, columns: 80, rows: 24, locale: "C.UTF-8")
        try await next.wait(for: "Kod weryfikacyjny:")
        try await next.type(try await phone.code(steps: 1))
        text = try await next.wait(for: fixture.welcome)
        #expect(text.contains("Dodano urządzenie uwierzytelniające „phone”"), "\(text)")
        expectPolish(text)
        #expect(try await next.finish() == 0)
    }

    /// No sentence of the product's in English.
    private func expectPolish(_ text: String) {
        for word in ["Key:", "Code ", "Scan", "authenticator", "Press", "Backup", "accepted"] {
            #expect(!text.contains(word), "\(text)")
        }
    }
}
