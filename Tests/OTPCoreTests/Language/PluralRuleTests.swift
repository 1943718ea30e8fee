import Testing

@testable import OTPCore

@Suite("Plural rules")
struct PluralRuleTests {
    /// Rules from the GNU gettext manual, and the forms for 0, 1, 2, 5, 11, 12, 21, 22, 101 and
    /// 111.
    @Test(
        "Rules of the gettext manual choose the forms that it says",
        arguments: [
            ("nplurals=1; plural=0;", "0000000000"),
            ("nplurals=2; plural=n != 1;", "1011111111"),
            ("nplurals=2; plural=n>1;", "0011111111"),
            ("nplurals=3; plural=n%10==1 && n%100!=11 ? 0 : n != 0 ? 1 : 2;", "2011110101"),
            ("nplurals=3; plural=n==1 ? 0 : n==2 ? 1 : 2;", "2012222222"),
            (
                "nplurals=3; plural=n%10==1 && n%100!=11 ? 0 : "
                    + "n%10>=2 && (n%100<10 || n%100>=20) ? 1 : 2;", "2011220102"
            ),
            (
                "nplurals=3; plural=n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) "
                    + "? 1 : 2;", "2012222122"
            ),
            (
                "nplurals=4; plural=n%100==1 ? 0 : n%100==2 ? 1 : n%100==3 || n%100==4 ? 2 : 3;",
                "3013333303"
            ),
        ])
    func forms(_ text: String, _ expected: String) throws {
        let rule = try #require(PluralRule(text))
        let counts: [UInt64] = [0, 1, 2, 5, 11, 12, 21, 22, 101, 111]
        let forms = counts.map { "\(rule.form(for: $0))" }
        #expect(forms.joined() == expected)
    }

    @Test("Overflow or division by zero crashes the program, or a form is beyond the last")
    func arithmetic() throws {
        #expect(try #require(PluralRule("nplurals=2;plural=n/0")).form(for: 5) == 0)
        #expect(try #require(PluralRule("nplurals=2;plural=n%(1-1)")).form(for: 5) == 0)
        #expect(try #require(PluralRule("nplurals=3;plural=0-1")).form(for: 5) == 2)
        #expect(try #require(PluralRule("nplurals=3;plural=n*n*n")).form(for: .max) == 2)
        #expect(try #require(PluralRule("nplurals=2;plural=!n||n<=2&&n-1")).form(for: 0) == 1)
    }

    @Test(
        "What is no rule is none",
        arguments: [
            "", "nplurals=2", "nplurals=0; plural=0;", "nplurals=11; plural=0;",
            "nplurals=2; plural=;", "nplurals=2; plural=m;", "nplurals=2; plural=n n;",
            "nplurals=2; plural=(n;", "nplurals=2; plural=n ? 1;", "nplurals=2; plural=1234567890;",
            "nplurals=x; plural=n;", "nplurals=2; plural=n; more",
            "nplurals=2; plural=" + String(repeating: "(", count: 60) + "n",
            "nplurals=2; plural=" + String(repeating: "!", count: 60) + "n",
            "nplurals=2; plural=n" + String(repeating: "+n", count: 300),
        ])
    func refused(_ text: String) { #expect(PluralRule(text) == nil) }
}
