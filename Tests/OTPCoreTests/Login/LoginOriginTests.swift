import Testing

@testable import OTPCore

@Suite("Where a login comes from")
struct LoginOriginTests {
    private func place(
        _ methods: String?, address: String = "192.0.2.7", service: String = "sshd"
    ) -> LoginOrigin {
        LoginOrigin(service: ascii(service), address: ascii(address), methods: methods.map(ascii))
    }

    /// The first readable key.
    private func row() throws -> SSHRow {
        try #require(try SSHRow.keys().first)
    }

    @Test("The source is not the SSH key, or without one the address")
    func sources() throws {
        let key = try row().line + "\n"
        let one = place(key)
        let two = place(key, address: "203.0.113.9")
        let none = place(nil)
        #expect(one.source == two.source && one.hasKey)
        #expect(one.source != none.source && !none.hasKey)
        #expect(none.source != place(nil, address: "192.0.2.8").source)
        for methods in [
            "", "\n", "password\n", "keyboard-interactive/pam\n", "publickeys x y\n",
            "publickey ssh-ed25519 AAAA\n",
        ] {
            #expect(place(methods).source == none.source)
            #expect(!place(methods).hasKey)
        }
    }

    @Test("A renewed certificate of the same key is another source, or another key is the same one")
    func certificates() throws {
        let rows = try SSHRow.keys()
        #expect(rows.contains { $0.type.contains("-cert-") })
        for one in rows {
            for other in rows {
                let isSame = place(one.line).source == place(other.line).source
                #expect(isSame == (one.fingerprint == other.fingerprint))
            }
        }
    }

    @Test("Text after the key changes the source, such as the signature count")
    func signatureCount() throws {
        let line = try row().line
        let plain = place(line + "\n")
        for tail in [
            " signature count = 1", " signature count = 4294967295",
            " signature count = 2 user-verified", " x", " ",
        ] {
            for rest in ["", "\n", "\npassword\n", "\npublickey ssh-rsa AAAA\n"] {
                #expect(place(line + tail + rest).source == plain.source)
                #expect(place("password\n" + line + tail + rest).source == plain.source)
            }
        }
    }

    @Test(
        "An IPv6 address is another source than its network, or two networks are one",
        arguments: [
            ("2001:db8::7", "2001:db8::8", true), ("2001:db8::7", "2001:DB8:0:0:1:2:3:4", true),
            ("2001:db8:0:1::7", "2001:db8:0:2::7", false), ("::1", "::2", true),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::", true), ("1::", "1:0:0:0:9::", true),
            ("fe80::1%eth0", "fe80::2%eth0", true), ("1:2:3::", "1:2:3:0:ffff::", true),
            ("1:2:3:4::", "1:2:3:5::", false), ("::ffff:192.0.2.7", "192.0.2.7", true),
            ("::ffff:c000:207", "::ffff:c000:208", false), ("gggg::1", "gggg::2", false),
            ("64:ff9b::192.0.2.7", "64:ff9b::c000:208", true),
            ("::ffff:192.0.2.7", "::ffff:192.0.2.8", false),
            ("192.0.2.7", "192.0.2.8", false), ("host.example", "other.example", false),
            ("1:2", "1:3", false), (":", "::", false), ("1:2:3:4:5:6:7:8:9", "1:2:3:4::", false),
        ])
    func networks(_ one: String, _ other: String, _ isSame: Bool) {
        #expect((place(nil, address: one).source == place(nil, address: other).source) == isSame)
        #expect(place(nil, address: one).source == place(nil, address: one).source)
    }

    @Test("On this machine, a service and its caller are not a source of their own")
    func here() {
        func place(_ service: String, by user: String = "") -> LoginOrigin {
            LoginOrigin(service: ascii(service), address: [], methods: nil, remoteUser: ascii(user))
        }
        let sudo = place("sudo", by: "alice").source
        #expect(sudo == place("sudo", by: "alice").source)
        let others = [
            place("su", by: "alice"), place("sudo", by: "bob"), place("sudo"), place("sudoalice"),
            self.place(nil, address: "sudo"),
        ]
        for other in others { #expect(other.source != sudo) }
        #expect(LoginOrigin(ofAnyProgram: ascii("sudo")).source == place("sudo").source)
        #expect(SourceID.command == place("otp-enroll").source)
    }

    @Test("An event's origin is not service and address")
    func origins() {
        #expect(text(place(nil).origin) == "sshd 192.0.2.7")
        #expect(text(place("publickey a b\n").origin) == "sshd 192.0.2.7")
        #expect(text(place(nil, address: "", service: "sudo").origin) == "sudo")
    }

    @Test("A key counts although sshd named several, or one that cannot be read")
    func keys() throws {
        for row in try SSHRow.keys() {
            let one = place(row.line + "\n")
            #expect(one.sshMethods?.key.map { SSHKey.text(of: $0.fingerprint) } == row.fingerprint)
            #expect(one.sshMethods?.provesUser == true)
            let two = place(row.line + "\n" + row.line + "\n")
            #expect(two.sshMethods?.key == nil && two.sshMethods?.provesUser == true)
        }
        // Keys of the types that are refused.
        for row in try SSHRow.all() where row.kind.isEmpty {
            let one = place(row.line + "\n")
            #expect(one.sshMethods?.key == nil && one.sshMethods?.provesUser != true && !one.hasKey)
        }
    }

    @Test(
        "A key counts without sshd's report, for some address or service")
    func noMethods() throws {
        let line = try row().line
        for service in ["sshd", "login", "su", line] {
            let place = place(nil, address: line, service: service)
            #expect(
                place.sshMethods?.key == nil && place.sshMethods?.provesUser != true
                    && !place.hasKey)
        }
    }

    @Test(
        "Something counts as a first factor that is none, or the other way round",
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
}
