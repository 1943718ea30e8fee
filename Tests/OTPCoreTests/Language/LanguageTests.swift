import Testing

@testable import OTPCore

@Suite("Languages")
struct LanguageTests {
    @Test("Names of languages are as gettext has them, and nothing that a path could be")
    func names() {
        for name in ["sv", "nb", "pt_BR", "csb"] { #expect(Language(name.utf8)?.name == name) }
        for name in [
            "", "s", "svvv", "SV", "sv_", "sv_s", "sv_se", "sv_SWE", "_SE", "sv_SE_x", "../..",
            "s/",
            "sv.UTF-8", "C", "sv\0", "ſv",
        ] {
            #expect(Language(name.utf8) == nil, "\(name)")
        }
    }

    @Test("A country's kind is looked for before the language, and no is Bokmål")
    func candidates() {
        func names(_ name: String) -> [String]? { Language(name.utf8)?.candidates.map(\.name) }
        #expect(names("sv") == ["sv"])
        #expect(names("de_AT") == ["de_AT", "de"])
        #expect(names("no") == ["no", "nb"])
        #expect(names("no_NO") == ["no_NO", "no", "nb"])
        #expect(names("nn") == ["nn"])
    }

    @Test("An environment's wish is read as gettext(3) reads it")
    func wishes() {
        func wished(_ variables: [String: String]) -> [String] {
            Language.wished(by: { variables[$0] }).map(\.name)
        }
        #expect(wished([:]) == [])
        #expect(wished(["LANG": "pl_PL.UTF-8"]) == ["pl_PL"])
        #expect(wished(["LANG": "pl_PL", "LC_MESSAGES": "sv_SE.utf8"]) == ["sv_SE"])
        #expect(wished(["LANG": "pl_PL", "LC_MESSAGES": "", "LC_ALL": "C"]) == [])
        #expect(wished(["LANG": "de_DE@euro", "LANGUAGE": "nb:de_AT:../x"]) == ["nb", "de_AT"])
        #expect(wished(["LANG": "C.UTF-8", "LANGUAGE": "nb"]) == [])
        #expect(wished(["LC_ALL": "POSIX", "LANG": "pl"]) == [])
        #expect(wished(["LANG": "xx_not_a_locale"]) == [])
    }

    @Test("English needs no catalog, whatever the country")
    func english() {
        #expect(Language("en".utf8)?.isEnglish == true && Language("en_GB".utf8)?.isEnglish == true)
        #expect(Language("eng".utf8)?.isEnglish == false)
    }
}
