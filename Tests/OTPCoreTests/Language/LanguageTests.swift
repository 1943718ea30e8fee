import Testing

@testable import OTPCore

@Suite("Languages")
struct LanguageTests {
    @Test("A name of gettext's for a language is refused, or a path is accepted")
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

    @Test("A language's catalog is preferred to its country's, or no is not Bokmål")
    func candidates() {
        func names(_ name: String) -> [String]? { Language(name.utf8)?.candidates.map(\.name) }
        #expect(names("sv") == ["sv"])
        #expect(names("de_AT") == ["de_AT", "de"])
        #expect(names("no") == ["no", "nb"])
        #expect(names("no_NO") == ["no_NO", "no", "nb"])
        #expect(names("nn") == ["nn"])
    }

    @Test("The languages of an environment differ from gettext(3)'s")
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

    @Test("English of some country needs a catalog")
    func english() {
        #expect(Language("en".utf8)?.isEnglish == true && Language("en_GB".utf8)?.isEnglish == true)
        #expect(Language("eng".utf8)?.isEnglish == false)
    }
}
