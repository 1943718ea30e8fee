import TestSupport
import Testing

@testable import OTPCore

@Suite("The option exempt_networks")
struct NetworkOptionTests {
    private func read(_ value: String) -> Result<[String], StoreError> {
        var parser = OptionParser()
        do throws(StoreError) {
            try parser.argument(ascii("exempt_networks" + value))
            return .success((parser.options.exemptNetworks ?? []).map { text($0.text) })
        } catch {
            return .failure(error)
        }
    }

    @Test("Blanks and commas do not separate networks, as an argument or in the file")
    func lists() throws {
        let two = ["10.0.0.0/8", "fd00::/8"]
        for value in [
            "=10.0.0.0/8,fd00::/8", "=10.0.0.0/8 fd00::/8", "=10.0.0.0/8, fd00::/8",
            "= 10.0.0.0/8\tfd00::/8 ", "=10.0.0.0/8,,fd00::/8,",
        ] {
            #expect(try read(value).get() == two)
        }
        for line in [
            "exempt_networks = 10.0.0.0/8 fd00::/8", "exempt_networks = \"10.0.0.0/8, fd00::/8\"\r",
            "exempt_networks=10.0.0.0/8,fd00::/8",
        ] {
            var parser = OptionParser()
            try parser.file(ascii(line), path: ascii("/x"))
            #expect(parser.options.exemptNetworks?.map { text($0.text) } == two)
        }
        #expect(Options().exemptNetworks == nil)
        let most = (1...64).map { "10.0.0.\($0)" }.joined(separator: " ")
        #expect(try read("=" + most).get().count == 64)
    }

    @Test(
        "A bad network does not deny, or the error does not say which one and why",
        arguments: [
            ("", "1 to 64 networks such as 10.0.0.0/8 or fd00::/8"),
            ("=", "1 to 64 networks such as 10.0.0.0/8 or fd00::/8"),
            ("= , ", "1 to 64 networks such as 10.0.0.0/8 or fd00::/8"),
            ("=none", "numeric networks such as 10.0.0.0/8 or fd00::/8: none"),
            ("=10.0.0.0/8,10.0.0/24", "numeric networks such as 10.0.0.0/8 or fd00::/8: 10.0.0/24"),
            (
                "=lan.example fd00::/8",
                "numeric networks such as 10.0.0.0/8 or fd00::/8: lan.example"
            ),
            (
                "=fe80::%eth0/64",
                "numeric networks such as 10.0.0.0/8 or fd00::/8: fe80::%eth0/64"
            ),
            ("=10.1.2.3/8", "networks without bits behind their length: 10.1.2.3/8"),
            ("=fd00::/8 ::/0", "no network of all addresses: ::/0"),
            ("=0.0.0.0/0", "no network of all addresses: 0.0.0.0/0"),
            ("=\u{1}", "numeric networks such as 10.0.0.0/8 or fd00::/8: \\x01"),
        ])
    func bad(_ value: String, _ what: String) {
        guard case .failure(let error) = read(value) else {
            Issue.record("\(value) was accepted")
            return
        }
        #expect(error.code == .configuration)
        #expect(error.detail == "`exempt_networks` takes " + what)
    }

    @Test("More networks than allowed are accepted")
    func tooMany() {
        let many = (1...65).map { "10.0.0.\($0)" }.joined(separator: ",")
        #expect(read("=" + many) == .failure(StoreError(.configuration, [], "")))
    }
}
