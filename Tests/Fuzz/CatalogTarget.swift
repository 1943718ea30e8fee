/// The input is a catalog, and also the text of a plural rule.
func fuzzCatalog(_ input: [UInt8]) {
    if let rule = PluralRule(String(decoding: input, as: UTF8.self)) {
        for count: UInt64 in [0, 1, 2, 5, 111, .max] {
            expect((0..<rule.forms).contains(rule.form(for: count)), "a form that is none")
        }
    }
    guard let catalog = try? Catalog(input, version: "1.0") else { return }
    let (name, left) = ("alice", 3)
    let phrases = [
        Phrase("Good."), Phrase("\(name) is here"),
        Phrase(left, one: "\(left) code is left", other: "\(left) codes are left"),
    ]
    for (phrase, gap) in zip(phrases, ["", name, "3"]) {
        let text = phrase.text(in: catalog)
        expect(Catalog.isPlain(text), "a text that steers the terminal")
        expect(text.contains(gap), "a text without what was to be in it")
    }
}
