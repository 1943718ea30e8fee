import Foundation
import TestSupport
import Testing

@testable import OTPCore

@Suite("What sshd has checked")
struct SSHMethodsTests {
    private func methods(_ text: String) -> SSHMethods { SSHMethods(ascii(text)) }

    private func first() throws -> SSHRow { try SSHRow.all()[0] }

    @Test("A public key login is not read, or depends on text or a newline after the key")
    func key() throws {
        for row in try SSHRow.keys() {
            for end in [
                "", "\n", " signature count = 4711\n", " ", " other  words\n", " \"ü\"\n",
                "\nkeyboard-interactive/pam\n", "\npassword\n", "\nnone",
            ] {
                let methods = methods(row.line + end)
                #expect(methods.key == row.key, "\(row.type)")
                #expect(methods.provesUser)
            }
            let last = methods("keyboard-interactive/pam\n\n\(row.line)\n")
            #expect(last.key == row.key && last.provesUser)
        }
    }

    @Test(
        "A line of sshd's counts as a first factor that is none, or the other way round",
        arguments: [
            ("password", true), ("password\n", true), ("password x\n", true),
            ("gssapi-with-mic", true), ("gssapi-with-mic alice@EXAMPLE.COM\n", true),
            ("gssapi-keyex\n", true), ("gssapi-keyex Älice\n", true),
            ("keyboard-interactive/pam\npassword\n", true), ("none\npassword", true),
            ("", false), ("\n", false), ("\n\n\n", false), (" ", false), ("none\n", false),
            ("keyboard-interactive/pam\n", false), ("keyboard-interactive\n", false),
            ("hostbased ssh-ed25519 AAAA client user \"a\", client host \"b\"\n", false),
            ("hostbased password\n", false), ("none password", false),
            ("publickey", false), ("publickey\n", false), ("publickey ", false),
            ("publickey ssh-ed25519", false), ("publickey ssh-ed25519 ", false),
            ("publickey ssh-ed25519 AAAA\n", false),
            ("publickey ssh-ed25519 AAAAC3NzaC1lZDI1NTE5\n", false),
            ("passwordx", false), ("passwor", false), ("Password", false), ("PASSWORD", false),
            (" password", false), ("\tpassword", false), ("password\t", false),
            ("password\r\n", false), ("password \r\n", false), ("password\u{0}", false),
            ("password \u{0}", false), ("password\u{7f}", false), ("password/x", false),
            ("gssapi", false), ("gssapi-with-micx\n", false), ("gssapi-keyex/x\n", false),
            ("p\nassword", false), ("ｐassword", false), ("password\u{a0}x", false),
        ])
    func proof(_ text: String, _ proves: Bool) {
        let methods = methods(text)
        #expect(methods.provesUser == proves)
        #expect(methods.key == nil)
    }

    @Test("A hostbased key counts as the user's")
    func hostbased() throws {
        let row = try first()
        let line = "hostbased \(row.type) \(row.text) client user \"a\", client host \"b\"\n"
        #expect(methods(line).key == nil && !methods(line).provesUser)
        let both = methods(line + row.line)
        #expect(both.key == row.key && both.provesUser)
    }

    @Test("Several public keys do not count as a first factor, or one of them as the key")
    func several() throws {
        let rows = try SSHRow.all()
        for second in rows {
            for text in [
                "\(rows[0].line)\n\(second.line)\n", "\(second.line)\npassword\n\(rows[0].line)",
            ] {
                #expect(methods(text).key == nil)
                #expect(methods(text).provesUser)
            }
        }
        for odd in ["publickey", "publickey ", "publickey ssh-ed25519 AAAA", "publickey\u{20}\r"] {
            for text in ["\(odd)\n\(rows[0].line)", "\(rows[0].line)\n\(odd)"] {
                #expect(methods(text).key == nil, "\(odd)")
                #expect(methods(text).provesUser)
            }
        }
    }

    @Test("A line cut short anywhere counts as a key or a first factor")
    func truncated() throws {
        for row in try SSHRow.keys() {
            let line = ascii(row.line)
            for count in 0..<line.count {
                for end in ["", "\n", " signature count = 1\n"] {
                    let methods = SSHMethods(line[..<count] + ascii(end))
                    #expect(methods.key == nil && !methods.provesUser, "\(row.type) \(count)")
                }
            }
        }
    }

    @Test("Fields separated or padded by something else are accepted")
    func odd() throws {
        let row = try first()
        let (type, text) = (row.type, row.text)
        for line in [
            " \(row.line)", "\t\(row.line)", "publickey  \(type) \(text)",
            "publickey \(type)  \(text)", "publickey\t\(type) \(text)",
            "publickey \(type)\t\(text)",
            "publickey \(type) \(text)\r\n", "publickey \(type) \(text) more\r\n",
            "publickey \(type) \(text)\u{0}", "publickey \(type) \(text) \u{0}",
            "publickey \(type) \u{0}\(text)", "publickey\u{0} \(type) \(text)",
            "publickey \(type) \(text)=", "publickey \(type) =\(text)",
            "publickey \(type) \(text)\(text)", "publickey \(type) \(text)AAAA",
            "publickey \(text) \(type)", "publickey \(type),\(text)", "publickey \(text)",
            "publickey/x \(type) \(text)", "Publickey \(type) \(text)", "\(type) \(text)",
            "publickey \(type.uppercased()) \(text)", "publickey \(type) \(text.lowercased())",
            "publickey \(type) \"\(text)\"", "publickey \(type) \(row.fingerprint)",
            "publickey \(type)\n\(text)", "publickey\n\(type) \(text)",
            "publickey \(type) \(text.prefix(20))\n\(text.dropFirst(20))",
        ] {
            #expect(methods(line).key == nil, "\(line)")
            #expect(!methods(line).provesUser, "\(line)")
        }
    }

    @Test("Base64 that is not in canonical form is accepted")
    func spelling() throws {
        // Its blob needs two `=`, and contains a letter that differs in the alphabet for file
        // names.
        let rows = try SSHRow.all().filter { $0.text.hasSuffix("==") }
        let row = try #require(rows.first { $0.text.contains("/") || $0.text.contains("+") })
        let bare = row.text.dropLast(2)
        let letters = ascii("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        let end = try #require(bare.utf8.last)
        let last = try #require(letters.firstIndex(of: end))
        // The same bytes, with one of the unused last bits set.
        let odd = "\(bare.dropLast())\(UnicodeScalar(letters[last + 1]))=="
        #expect(Data(base64Encoded: odd) == Data(row.blob))
        for other in [
            "\(bare)", "\(bare)=", "\(row.text)=", "\(bare)= =", odd,
            "\(bare.prefix(8))\r\(bare.dropFirst(8))==",
            "\(bare.prefix(64))\n\(bare.dropFirst(64))==",
            row.text.replacing("+", with: "-").replacing("/", with: "_"),
        ] {
            #expect(methods("publickey \(row.type) \(other)").key == nil, "\(other)")
        }
        #expect(methods("publickey \(row.type) \(row.text)").key == row.key)
    }

    @Test("In a text longer than 16 KB something counts, or it cannot be read")
    func long() throws {
        let row = try first()
        let line = ascii(row.line)
        for (count, proves) in [
            (SSHMethods.maximumLength, true), (SSHMethods.maximumLength + 1, false),
            (65_536, false), (4_000_000, false),
        ] {
            for filler in ["\n", "x", " ", "A", "=", "\u{0}"] {
                // After an end of line, so that the line itself stays whole.
                let text =
                    line + ascii("\n")
                    + [UInt8](
                        repeating: ascii(filler)[0], count: count - line.count - 1)
                #expect(text.count == count)
                let methods = SSHMethods(text)
                #expect(methods.provesUser == proves)
                #expect((methods.key == row.key) == proves)
            }
        }
        for junk in ["\n", "x", " ", "publickey ", "publickey\n", "A", "publickey ssh-rsa AAAA"] {
            let text = Array(repeatElement(ascii(junk), count: 16_384 / junk.count).joined())
            #expect(SSHMethods(text).key == nil && !SSHMethods(text).provesUser)
        }
    }
}
