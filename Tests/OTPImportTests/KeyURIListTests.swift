import OTPCore
import Testing

@testable import OTPImport

@Suite("Lists of otpauth URIs")
struct KeyURIListTests {
    @Test("A kind of URI is not read, or a bad one is not named")
    func everyKind() throws {
        let bytes = try file("uris.txt")
        let result = KeyURIList.read(bytes.span)
        #expect(
            result.tokens.map { $0.owner?.printable } == [
                "alice", "bob@example.com", "carol", "dave", "eve",
            ])
        #expect(
            result.tokens.map { $0.issuer?.printable } == [
                "bastion.example.com", "ACME Co", "Lab", nil, nil,
            ])
        #expect(
            result.tokens.map { $0.name?.text } == [
                "bastion.example.com", "ACME Co", "Lab", nil, nil,
            ])
        #expect(result.tokens.map(\.kind) == [.totp, .totp, .hotp, .totp, .totp])
        #expect(result.tokens.map(\.algorithm) == [.sha1, .sha256, .sha512, .sha1, .sha1])
        #expect(result.tokens.map(\.digits) == [6, 8, 7, 6, 6])
        #expect(result.tokens.map(\.period) == [30, 60, 30, 30, 30])
        #expect(result.tokens.map(\.nextStep) == [0, 0, 7, 0, 0])
        #expect(result.tokens.map(\.hasShortKey) == [false, false, false, false, true])
        #expect(
            result.problems.map(\.description) == [
                "line 7: this is an export of a whole app, which may hold a person's other "
                    + "accounts: --from google-export takes one of them",
                "line 9: a % in the URI is not followed by two hex digits",
                "line 10: the URI of a counter token has no counter",
                "line 11: secret is given twice",
                "line 12: the hash function is not supported: MD5",
                "line 13: codes of 9 digits are not supported: 6 to 8 are",
                "line 14: steps of 10 seconds are not supported: 15 to 120 are",
                #"line 15: the account has control characters: eve\x00root"#,
                "line 16: not an otpauth URI (the line is not shown: it may contain a key)",
            ])
        for token in result.tokens {
            #expect(token.keyBytes == exampleKey || token.hasShortKey)
            #expect(try token.code(noonStep) == token.codeOfDevice(noonStep))
        }
    }

    @Test("An account with a host is not returned both whole and without its host")
    func host() throws {
        func token(_ label: String) throws -> ImportedToken {
            try #require(uris("otpauth://totp/\(label)?secret=\(exampleBase32)").tokens.first)
        }
        #expect(try token("alice@host").owner?.printable == "alice@host")
        #expect(try token("alice@host").ownerBeforeHost?.printable == "alice")
        #expect(try token("X:a@b%40c").ownerBeforeHost?.printable == "a@b")
        #expect(try token("alice").ownerBeforeHost == nil)
        #expect(try token("@host").ownerBeforeHost == nil)
        #expect(try token("").owner == nil)
    }

    @Test("What KeyURI writes is read back differently")
    func roundTrip() throws {
        let name = try #require(Name("phone".utf8))
        let key = exampleKey
        let (issuer, account) = (ascii("Café 7%"), ascii("zoë+x@host"))
        for kind in [Authenticator.Kind.totp, .hotp] {
            for algorithm in HashAlgorithm.allCases {
                for digits in UInt8(6)...8 {
                    var phone = try #require(
                        Authenticator(
                            name: name, kind: kind, algorithm: algorithm, digits: digits,
                            period: kind == .hotp ? 30 : 45, added: noon))
                    phone.nextStep = kind == .hotp ? 12 : 0
                    let uri = KeyURI.make(
                        phone, key: key.span, issuer: issuer.span, account: account.span
                    )?.withBytes { $0.array }
                    let text = try #require(uri)
                    let token = try #require(KeyURIList.read(text.span).tokens.first)
                    #expect(token.owner?.bytes == account && token.issuer?.bytes == issuer)
                    phone.name = try #require(Name("x".utf8))
                    #expect(token.authenticator(name: phone.name, added: noon) == phone)
                    #expect(token.keyBytes == key)
                }
            }
        }
    }
}

@Suite("The CSV of privacyIDEA")
struct PrivacyIDEACSVTests {
    @Test("Without users, a column is read wrong: serial, key, type, digits, counter or period")
    func first() throws {
        let bytes = try file("tokens-v1.csv")
        let result = PrivacyIDEACSV.read(bytes.span)
        #expect(
            result.tokens.map { $0.serial?.printable } == ["HARD0001", "HARD0002", "HARD0003"])
        #expect(result.tokens.map { $0.name?.text } == ["HARD0001", "HARD0002", "HARD0003"])
        #expect(result.tokens.map(\.kind) == [.totp, .hotp, .hotp])
        #expect(result.tokens.map(\.digits) == [6, 8, 6])
        #expect(result.tokens.map(\.period) == [60, 30, 30])
        #expect(result.tokens.map(\.nextStep) == [0, 17, 0])
        #expect(result.tokens.allSatisfy { $0.owner == nil && $0.notes.isEmpty })
        #expect(
            result.problems.map(\.description) == [
                "line 5: the key is too short: 24 bits, at least 128 are needed",
                "line 6: the type is not supported: ocra",
            ])
        for token in result.tokens {
            #expect(try token.code(noonStep) == token.codeOfDevice(noonStep))
        }
    }

    @Test("privacyIDEA's list with users: a column is read wrong")
    func second() throws {
        let bytes = try file("tokens-v2.csv")
        let result = PrivacyIDEACSV.read(bytes.span)
        #expect(result.tokens.map { $0.owner?.printable } == ["alice", nil, "bob"])
        #expect(result.tokens.map(\.kind) == [.totp, .hotp, .totp])
        #expect(result.tokens.map(\.digits) == [8, 6, 6])
        #expect(result.tokens.map(\.notes) == [["the realm is not imported: users"], [], []])
        #expect(
            result.problems.map(\.description) == [
                "line 5: too few columns: user, resolver, realm, serial and key are needed"
            ])
    }

    @Test("An unknown version is read, or spaces and case matter")
    func versions() {
        let row = "a,b,c,S1,\(exampleHex),totp\n"
        #expect(csv("#version:2\r\n" + row).tokens.first?.owner?.printable == "a")
        #expect(csv("\u{feff}# Version:  2\n" + row).tokens.first?.owner?.printable == "a")
        #expect(
            csv("# version: 3\n" + row).problems.map(\.description) == [
                "the file: its version is not supported: 3"
            ])
    }

    @Test("Invalid numbers or extra columns are accepted")
    func badNumbers() {
        let result = csv(
            """
            S1,\(exampleHex),totp,six
            S2,\(exampleHex),totp,6,30,sha256
            S3,\(exampleHex),hotp,6,99999999999999999999
            S4,\(exampleHex),hotp,6,9223372036854775808
            S5,\(exampleHex),totp,6,0
            S6,\(exampleHex)0,totp
            """)
        #expect(result.tokens.isEmpty)
        #expect(
            result.problems.map(\.sentence) == [
                "the length of codes is not a number: six", "more than 5 columns",
                "the counter is not a number: 99999999999999999999", "the counter is too high",
                "steps of 0 seconds are not supported: 15 to 120 are",
                "the key is not written in pairs of hex digits",
            ])
    }
}
