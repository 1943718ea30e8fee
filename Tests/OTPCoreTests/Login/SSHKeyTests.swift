import Foundation
import Testing

@testable import OTPCore

@Suite("SSH keys")
struct SSHKeyTests {
    @Test("A key or certificate of some kind is not read, or as another one")
    func known() throws {
        var seen: Set<String> = []
        for row in try SSHRow.keys() {
            let key = try #require(row.key, "\(row.type)")
            #expect(text(key.kind) == row.kind)
            #expect(SSHKey.text(of: key.fingerprint) == row.fingerprint)
            #expect(key.fingerprint.count == 32)
            #expect(Name(key.kind) != nil)
            seen.insert(row.type)
        }
        #expect(seen.count == 14)
    }

    @Test("A DSA key or a host certificate is read as a key")
    func strangers() throws {
        let rows = try SSHRow.all().filter(\.kind.isEmpty)
        #expect(rows.count == 3)
        for row in rows { #expect(row.key == nil, "\(row.type)") }
    }

    @Test("Fingerprints differ from ssh-keygen's on this machine")
    func fingerprints() throws {
        let keygen = try SSHKeygen()
        for row in try SSHRow.all() {
            // The installed OpenSSH may be too new for DSA.
            if row.type.hasPrefix("ssh-dss") { continue }
            try keygen.write("\(row.type) \(row.text) comment\n", to: "key.pub")
            #expect(try keygen.fingerprint("key.pub") == row.fingerprint, "\(row.type)")
        }
    }

    @Test(
        "New keys of ssh-keygen, and their renewed certificates, are not read",
        arguments: [
            ["ed25519"], ["rsa", "-b", "2048"], ["rsa", "-b", "3072"], ["ecdsa", "-b", "256"],
            ["ecdsa", "-b", "384"], ["ecdsa", "-b", "521"],
        ])
    func fresh(_ options: [String]) throws {
        let keygen = try SSHKeygen()
        try keygen.make("key", ["-t"] + options)
        try keygen.make("ca", ["-t", "ecdsa"])
        let fingerprint = try keygen.fingerprint("key.pub")
        var texts: Set<String> = []
        for serial in 1...3 {
            try keygen.run([
                "-q", "-s", "ca", "-I", "a name", "-n", "alice,bob", "-z", "\(serial)", "-O",
                "force-command=/bin/true", "-O", "no-pty", "-V", "+1d", "key.pub",
            ])
            let certificate = try keygen.row("key-cert.pub")
            texts.insert(certificate.text)
            let key = try #require(certificate.key)
            #expect(SSHKey.text(of: key.fingerprint) == fingerprint)
            #expect(text(key.kind) == options[0])
            #expect(try keygen.fingerprint("key-cert.pub") == fingerprint)
            let plain = try keygen.row("key.pub")
            #expect(plain.key == key)
        }
        #expect(texts.count == 3)
        try keygen.run(["-q", "-s", "ca", "-h", "-I", "host", "key.pub"])
        #expect(try keygen.row("key-cert.pub").key == nil)
    }

    @Test("Security keys as in PROTOCOL.u2f are not read")
    func securityKeys() throws {
        let keygen = try SSHKeygen()
        for (options, type, kind) in [
            (["-t", "ed25519"], "sk-ssh-ed25519@openssh.com", "ed25519-sk"),
            (["-t", "ecdsa", "-b", "256"], "sk-ecdsa-sha2-nistp256@openssh.com", "ecdsa-sk"),
        ] {
            try keygen.make("key-\(kind)", options)
            var fields = try keygen.row("key-\(kind).pub").fields
            fields[0] = ascii(type)
            for application in ["ssh:", "ssh:work", "https://example.com"] {
                let row = SSHRow(type, fields + [ascii(application)])
                try keygen.write("\(type) \(row.text)\n", to: "sk.pub")
                let key = try #require(row.key)
                #expect(SSHKey.text(of: key.fingerprint) == (try keygen.fingerprint("sk.pub")))
                #expect(text(key.kind) == kind)
            }
            #expect(SSHRow(type, fields + [[]]).key == nil)
            #expect(SSHRow(type, fields).key == nil)
            #expect(SSHRow(type, fields + [ascii("ssh:"), []]).key == nil)
        }
    }
}
