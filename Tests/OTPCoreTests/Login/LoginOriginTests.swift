import Testing

@testable import OTPCore

@Suite("Where a login comes from")
struct LoginOriginTests {
    private func place(
        _ methods: String?, address: String = "192.0.2.7", service: String = "sshd"
    ) -> LoginOrigin {
        LoginOrigin(service: ascii(service), address: ascii(address), methods: methods.map(ascii))
    }

    /// What sshd writes for each key that can be read.
    private func rows() throws -> [SSHRow] { try SSHRow.all().filter { !$0.kind.isEmpty } }

    @Test("The SSH key names the source where one can be read, the address where not")
    func sources() throws {
        let key = try #require(try rows().first).line + "\n"
        let one = place(key)
        let none = place(nil)
        #expect(one.source == place(key, address: "203.0.113.9").source && one.hasKey)
        #expect(one.source != none.source && !none.hasKey)
        #expect(none.source == source("192.0.2.7"))
        #expect(place(nil, address: "").source == source(""))
        for methods in [
            "", "\n", "password\n", "keyboard-interactive/pam\n", "publickeys x y\n",
            "publickey ssh-ed25519 AAAA\n", "publickey ssh-rsa\n", "publickey a b\n",
        ] {
            #expect(place(methods).source == source("192.0.2.7"))
            #expect(!place(methods).hasKey)
        }
    }

    @Test("Nothing behind the key changes the source: the signature count is another each time")
    func signatureCount() throws {
        for row in try rows() {
            let plain = place(row.line + "\n")
            for tail in [
                " signature count = 1", " signature count = 4294967295",
                " signature count = 2 user-verified", " x", " ", "  ",
            ] {
                for rest in ["", "\n", "\npassword\n", "\npublickey ssh-rsa AAAA\n"] {
                    #expect(place(row.line + tail + rest).source == plain.source)
                }
            }
        }
    }

    @Test("A key is one source, in a certificate or not, whatever came before it")
    func others() throws {
        let rows = try rows()
        for one in rows {
            for other in rows {
                #expect(
                    (place(one.line).source == place(other.line).source)
                        == (one.fingerprint == other.fingerprint))
            }
            #expect(place("password\n" + one.line + "\n").source == place(one.line).source)
        }
    }

    @Test("Service and address are where an event comes from")
    func origins() {
        #expect(text(place(nil).origin) == "sshd 192.0.2.7")
        #expect(text(place("publickey a b\n").origin) == "sshd 192.0.2.7")
        #expect(text(place(nil, address: "", service: "sudo").origin) == "sudo")
    }

    @Test("A key is the user's where sshd has named exactly one that can be read")
    func keys() throws {
        for row in try SSHRow.all() where !row.kind.isEmpty {
            let one = place(row.line + "\n")
            #expect(one.sshMethods?.key.map { SSHKey.text(of: $0.fingerprint) } == row.fingerprint)
            #expect(one.sshMethods?.provesUser == true)
            let two = place(row.line + "\n" + row.line + "\n")
            #expect(two.sshMethods?.key == nil && two.sshMethods?.provesUser == true)
        }
        // Of the types that are refused.
        for row in try SSHRow.all() where row.kind.isEmpty {
            let one = place(row.line + "\n")
            #expect(
                one.sshMethods?.key == nil && one.sshMethods?.provesUser != true && !one.hasKey)
        }
    }

    @Test(
        "Without a word of sshd's there is no key, whatever the address or the service looks like")
    func noMethods() throws {
        let line = try #require(try rows().first).line
        for service in ["sshd", "login", "su", line] {
            let place = place(nil, address: line, service: service)
            #expect(
                place.sshMethods?.key == nil && place.sshMethods?.provesUser != true
                    && !place.hasKey)
        }
    }

    @Test(
        "What proves the user, and what does not",
        arguments: [
            ("password\n", true), ("gssapi-with-mic\n", true), ("password", true), ("", false),
            ("keyboard-interactive/pam\n", false), ("hostbased a b\n", false), ("none\n", false),
            ("publickey\n", false), ("publickey ssh-ed25519 AAAA\n", false), ("passwords\n", false),
            ("PASSWORD\n", false), (" password\n", false),
        ])
    func proofs(_ methods: String, _ isProof: Bool) {
        #expect((place(methods).sshMethods?.provesUser == true) == isProof)
        #expect(place(methods).sshMethods?.key == nil)
    }

    @Test("A picture is shown by the services whose prompts reach a terminal as they are")
    func pictures() {
        for service in ["sshd", "login", "su", "su-l", "sudo", "sudo-i"] {
            #expect(place(nil, service: service).showsPicture)
        }
        for service in [
            "", "ssh", "sshd2", "SSHD", "sshd ", "sud", "gdm-password", "vsftpd", "i3lock", "other",
            "xscreensaver", "kde", "remote", "sshd\n",
        ] {
            #expect(!place(nil, service: service).showsPicture, "\(service)")
        }
    }
}
