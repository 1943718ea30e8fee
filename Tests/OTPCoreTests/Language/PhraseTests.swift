import Testing

@testable import OTPCore

@Suite("Phrases")
struct PhraseTests {
    private func left(_ count: Int) -> Phrase {
        Phrase(count, one: "\(count) code is left", other: "\(count) codes are left")
    }

    @Test("Without a catalog, an English text lacks its gaps or its plural")
    func english() {
        let name = "alice"
        #expect(Phrase("\(name) is not enrolled").english == "alice is not enrolled")
        #expect(
            [0, 1, 2].map { left($0).english }
                == ["0", "1", "2"].map {
                    "\($0) \($0 == "1" ? "code is" : "codes are") left"
                })
        let nested = Phrase("\(left(1)), \(name)")
        #expect((nested + Phrase("Good.")).english == "1 code is left, alice Good.")
        #expect((nested + nil) == nested)
    }

    @Test("A catalog's order of gaps or number of plural forms is ignored")
    func translated() throws {
        var file = MOBytes(
            ("{1} is not {2}", "{2} ist {1} nicht"), ("Good.", "Gut."),
            ("{1} code is left\0{1} codes are left", "{1} kod\0{1} kody\0{1} kodów"))
        file.header[2] =
            "Plural-Forms: nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && "
            + "(n%100<12 || n%100>14) ? 1 : 2);"
        let catalog = try file.catalog()
        #expect(catalog.count == 3)
        let (one, two) = ("A{2}", "{1}B")
        #expect(Phrase("\(one) is not \(two)").text(in: catalog) == "{1}B ist A{2} nicht")
        #expect((Phrase("Good.") + Phrase("Bad.")).text(in: catalog) == "Gut. Bad.")
        let forms = [0, 1, 2, 5, 12, 22].map { left($0).text(in: catalog) }
        #expect(forms == ["0 kodów", "1 kod", "2 kody", "5 kodów", "12 kodów", "22 kody"])
    }

    @Test(
        "A translation that steers a terminal, or has other gaps, is English instead",
        arguments: [
            "{1} \u{1b}[2J", "{1}\n", "{1} \u{202e}", "{1} \u{9b}1m", "no gap", "{1} {2}", "{1} {",
            "{1} {x}", "{1} }", "{0}", "",
        ])
    func refused(_ text: String) throws {
        let catalog = try MOBytes(("{1} is here", text)).catalog()
        let name = "alice"
        #expect(Phrase("\(name) is here").text(in: catalog) == "alice is here")
    }

    @Test("A plural with fewer forms than its language has is not replaced by English")
    func missingForm() throws {
        let catalog = try MOBytes(("{1} code is left\0{1} codes are left", "{1} Code")).catalog()
        #expect(left(2).text(in: catalog) == "2 codes are left")
    }
}
