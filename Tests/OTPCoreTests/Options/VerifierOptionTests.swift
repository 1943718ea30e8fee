import Testing

@testable import OTPCore

@Suite("may_verify")
struct VerifierOptionTests {
    private func options(_ value: String) throws(StoreError) -> Options {
        var parser = OptionParser()
        try parser.file(Array("may_verify = \(value)\n".utf8), path: [])
        return parser.options
    }

    private func may(_ value: String, _ user: String, _ service: String) throws -> Bool {
        try options(value).mayVerify(Array(user.utf8), for: Array(service.utf8))
    }

    @Test("A user who is not listed may check others' codes, or one who is may not")
    func listed() throws {
        let value = "postgres, www-data/nginx  dovecot/dovecot"
        #expect(try may(value, "postgres", "anything"))
        #expect(try may(value, "www-data", "nginx"))
        #expect(try !may(value, "www-data", "sshd") && !may(value, "www-data", ""))
        #expect(try !may(value, "postgre", "nginx") && !may(value, "", "nginx"))
        #expect(try !may(value, "dovecot", "nginx"))
        #expect(!Options().mayVerify(Array("postgres".utf8), for: []))
    }

    @Test(
        "Something that is no list of users is read as one",
        arguments: [
            "", ",", "/nginx", "www-data/", "www-data/NGINX", "www-data/a/b", "www-data/..",
            "a a", "a/x a/x", "a\u{7}b", "ä", String(repeating: "a", count: 65),
            (0...32).map { "u\($0)" }.joined(separator: " "),
        ])
    func invalid(value: String) {
        #expect(throws: StoreError.self) { try options(value) }
    }

    @Test("A verifier's program enrolls, trusts, or claims an exemption")
    func restricted() throws {
        var admin = Options()
        admin.enroll = .require
        admin.trust = .key
        admin.enrollsAfterTemporary = true
        var claimed = admin
        claimed.nullok = true
        claimed.exemptGroup = Array("users".utf8)
        claimed.followsFirstFactor = true
        let options = claimed.restrictedToVerifying(of: admin)
        #expect(options.enroll == .off && options.trust == .off)
        #expect(!options.enrollsAfterTemporary && !options.followsFirstFactor)
        #expect(!options.nullok && options.exemptGroup == nil)
    }

    @Test("Failures of a verifier count for somebody else, or by the service that it names")
    func source() {
        let postgres = Array("postgres".utf8)
        func place(_ service: String) -> LoginOrigin {
            LoginOrigin(of: postgres, service: Array(service.utf8))
        }
        #expect(place("a").source == place("b").source)
        #expect(place("a").source != LoginOrigin(ofAnyProgram: Array("a".utf8)).source)
        #expect(place("a").source != LoginOrigin(of: Array("dovecot".utf8), service: []).source)
        #expect(!place("a").isHere && !place("sshd").isBelieved)
        #expect(place("pg").origin == Array("pg by postgres".utf8))
    }
}
