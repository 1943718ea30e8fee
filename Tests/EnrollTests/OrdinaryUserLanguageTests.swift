import Foundation
import TestSupport
import Testing

/// What otp-enroll says to somebody who is not root, in the language of the locale.
@Suite("otp-enroll in the caller's language") struct OrdinaryUserLanguageTests {
    @Test(
        "The language of a locale is not spoken, or one that the terminal cannot show is",
        arguments: [
            (["LC_ALL=pl_PL.UTF-8"], "wskazówka: "),
            (["LANG=sv_SE.UTF-8"], "tips: "),
            (["LANG=pl_PL.UTF-8", "LANGUAGE=tlh:de_AT"], "Hinweis: "),
            (["LC_ALL=pl_PL.ISO-8859-2"], "hint: "),
            (["LC_ALL=C"], "hint: "),
            (["LANG=xx_XX.UTF-8"], "hint: "),
            (["LC_ALL=en_GB.UTF-8", "LANGUAGE=en_GB:pl"], "hint: "),
        ])
    func locales(environment: [String], hint: String) async throws {
        let citizen = try await Citizen()
        _ = try await citizen.enroll()
        let done = try await Command.run(citizen.words(["status"], in: environment))
        #expect(done.status == 0 && done.errors.isEmpty, "\(done.errors)")
        #expect(done.output.contains(" is enrolled.") == (hint == "hint: "), "\(done.output)")
        let wrong = try await Command.run(citizen.words(["remove", "tablet"], in: environment))
        #expect(wrong.status == 1 && wrong.errors.hasPrefix("otp-enroll: "), "\(wrong.errors)")
        #expect(wrong.errors.contains("\n" + hint), "\(wrong.errors)")
        // Scripts get the same in every language.
        let json = try await Command.output(citizen.words(["status", "--json"], in: environment))
        #expect(json == (try await citizen.run("status", "--json").output))
    }

    @Test("Root is spoken to in the language of the locale")
    func ofRoot() async throws {
        let citizen = try await Citizen()
        let done = try await Command.run(
            [try Build.product("otp-enroll"), "status", citizen.account.name, "--store"]
                + [citizen.service.store], environment: ["LC_ALL": "pl_PL.UTF-8"])
        #expect(done.output == "\(citizen.account.name) is not enrolled.\n", "\(done.errors)")
    }

    @Test("A language is not kept for logins, or one that is not here is")
    func ofOnesOwn() async throws {
        let citizen = try await Citizen()
        _ = try await citizen.enroll()
        func language(_ words: String...) async throws -> String? {
            let told = try Citizen.object(
                try await Command.output(citizen.words(["language", "--json"] + words)))
            return told["language"] as? String
        }
        #expect(try await language() == nil)
        #expect(try await language("sv_FI") == "sv")
        #expect(try await language() == "sv")
        let unknown = try await citizen.run("language", "tlh")
        #expect(unknown.status == 1 && unknown.errors.contains("there is no language \"tlh\" here"))
        #expect(unknown.errors.contains("de, en, es, fr, nb, nl, pl, sv"), "\(unknown.errors)")
        #expect(try await citizen.run("language", "../x").status == 1)
        #expect(try await language() == "sv")
        #expect(try await language("default") == nil)
        #expect(try await citizen.run("language", "sv", "root").status == 1)
    }
}
