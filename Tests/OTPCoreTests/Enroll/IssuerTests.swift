import Testing

@testable import OTPCore

@Suite("The issuer in apps")
struct IssuerTests {
    @Test("The issuer is not the admin's, or else the machine's name, or else localhost")
    func choice() {
        var options = Options()
        #expect(text(Issuer.of(options, on: ascii("web1.example.com"))) == "web1.example.com")
        #expect(text(Issuer.of(options, on: [])) == "localhost")
        #expect(text(Issuer.of(options, on: ascii("a:b\n"))) == "a-b")
        options.issuer = ascii("Example Corp")
        #expect(text(Issuer.of(options, on: ascii("web1"))) == "Example Corp")
    }

    @Test(
        "A name that machines have as they were installed passes for one of its own",
        arguments: [
            "localhost", "localhost.localdomain", "LOCALHOST", "raspberrypi", "RaspberryPi.local",
            "debian", "ubuntu", "ubuntu.lan", "(none)", "localhost6.localdomain6", "debian.",
        ])
    func common(host: String) { #expect(Issuer.isCommon(ascii(host))) }

    @Test(
        "A machine's own name passes for one that many have",
        arguments: [
            "", "web1", "debian1", "ubuntu.example.com", "localhost.example.org", "vm", "é",
        ])
    func own(host: String) { #expect(!Issuer.isCommon(ascii(host))) }

    @Test(
        "`issuer` takes what a key URI cannot have, or what it takes is not what apps are given",
        arguments: [
            ("web1", true), ("Example Corp, Berlin", true), ("Müller & Söhne", true), ("日本", true),
            (String(repeating: "a", count: 64), true), (String(repeating: "a", count: 65), false),
            (String(repeating: "ü", count: 33), false), ("", false), ("a:b", false),
            ("a\u{1b}b", false), ("a\tb", false), ("a\u{85}b", false), ("a\u{202e}b", false),
        ])
    func option(value: String, isTaken: Bool) throws {
        try expect(ascii("issuer=" + value), ascii(value), isTaken)
        guard !value.contains("\t") else { return }
        var file = OptionParser()
        let read = (try? file.file(ascii("issuer = \(value)\n"), path: ascii("/x"))) != nil
        #expect(read == isTaken && (!read || file.options.issuer == ascii(value)))
    }

    @Test("`issuer` takes bytes that are no UTF-8")
    func bytes() throws {
        try expect(ascii("issuer=a") + [0xff], [], false)
        try expect(ascii("issuer=") + [0xc3], [], false)
        try expect(ascii("issuer=") + [0xed, 0xa0, 0x80], [], false)
        try expect(ascii("issuer"), [], false)
    }

    private func expect(_ argument: [UInt8], _ value: [UInt8], _ isTaken: Bool) throws {
        var parser = OptionParser()
        do throws(StoreError) {
            try parser.argument(argument)
            #expect(isTaken && parser.options.issuer == value)
        } catch {
            let said = text(error.text)
            #expect(!isTaken && said.contains("`issuer` takes 1 to 64 bytes of UTF-8"), "\(said)")
        }
    }
}
