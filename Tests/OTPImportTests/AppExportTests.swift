import OTPCore
import Testing

@testable import OTPImport

/// The samples are in `Files`. Those of KeePassXC were made by keepassxc-cli 2.7.4 of Debian 12; the
/// others were written after public descriptions, and nothing in them is anybody's:
///
/// - Aegis: `docs/vault.md` of github.com/beemdevelopment/Aegis
/// - 2FAS: the schema 4 that its apps write, as other apps' importers read it
/// - andOTP: what `Entry.java` of github.com/andOTP/andOTP writes
/// - FreeOTP+: what `Token.java` and `ImportExportUtil.kt` of github.com/helloworld1/FreeOTPPlus write
/// - Ente Auth: the migration guides of github.com/ente-io/auth
/// - Bitwarden: "Condition a Bitwarden import" of bitwarden.com/help
/// - Google Authenticator: the message `MigrationPayload`, as `google_auth.proto` of Aegis has it
@Suite("Exports of apps")
struct AppExportTests {
    /// What must be read from an entry.
    struct Expected: Equatable {
        let label: String
        let kind: Authenticator.Kind
        let algorithm: HashAlgorithm
        let digits: UInt8
        let period: UInt16
        let next: UInt64

        init(
            _ label: String, _ kind: Authenticator.Kind = .totp, _ algorithm: HashAlgorithm = .sha1,
            digits: UInt8 = 6, period: UInt16 = 30, next: UInt64 = 0
        ) {
            self.label = label
            self.kind = kind
            self.algorithm = algorithm
            self.digits = digits
            self.period = period
            self.next = next
        }
    }

    private static let here = "bastion.example.com: alice"

    private static let samples: [(String, ImportFormat, [Expected], [String])] = [
        (
            "aegis.json", .aegis,
            [
                Expected(here),
                Expected("Caf\\xc3\\xa9: alice@example.com", .hotp, .sha256, digits: 8, next: 7),
            ],
            [
                "entry 3: codes of Steam are not supported",
                "entry 4: the type is not supported: yandex",
            ]
        ),
        (
            "2fas.json", .twoFAS,
            [
                Expected(here),
                Expected("Shop: alice@example.com", .totp, .sha512, digits: 7, period: 60),
                Expected("Door: alice", .hotp, next: 12),
            ], ["entry 4: codes of Steam are not supported"]
        ),
        (
            "andotp.json", .andOTP,
            [
                Expected(here),
                Expected("Shop: alice@example.com", .hotp, .sha512, digits: 8, next: 3),
            ], ["entry 3: codes of Steam are not supported"]
        ),
        (
            "freeotp-plus.json", .freeOTPPlus,
            [
                Expected(here),
                Expected("Shop: alice@example.com", .hotp, .sha256, digits: 8, next: 4),
            ], ["entry 3: codes of Steam are not supported"]
        ),
        (
            "ente.txt", .ente,
            [
                Expected(here),
                Expected("Shop: alice@example.com", .totp, .sha256, digits: 8, period: 60),
                Expected("Door: alice", .hotp, next: 9),
            ],
            [
                "entry 4: it is in the app's trash",
                "entry 5: the URI is neither totp nor hotp",
            ]
        ),
        (
            "bitwarden.json", .bitwarden,
            [Expected(here), Expected("Shop: alice@example.com")],
            ["entry 3: codes of Steam are not supported"]
        ),
        (
            "bitwarden.csv", .bitwarden,
            [Expected(here), Expected("Shop: alice@example.com")],
            ["entry 3: codes of Steam are not supported"]
        ),
        (
            "keepassxc.csv", .keePassXC,
            [
                Expected(here),
                Expected("Shop: alice@example.com", .totp, .sha256, digits: 8, period: 60),
                Expected("Old tray: alice"),
                Expected("KeeOtp: alice", digits: 8, period: 60),
            ], ["entry 3: codes of Steam are not supported"]
        ),
        (
            "keepassxc.xml", .keePassXC,
            [
                Expected(here), Expected("Shop: alice", .totp, .sha256, digits: 8, period: 60),
                Expected("From KeePass: alice", .totp, .sha256, digits: 8, period: 60),
                Expected("Old tray: alice"), Expected("KeeOtp: alice", digits: 8, period: 60),
            ], ["entry 3: codes of Steam are not supported"]
        ),
        (
            "google-export.txt", .googleExport,
            [
                Expected(here),
                Expected("Caf\\xc3\\xa9: alice@example.com", .totp, .sha256, digits: 8),
                Expected("Door: alice", .hotp, next: 5),
            ], ["entry 4: the hash function is not supported: 4"]
        ),
    ]

    @Test("An entry is read wrong, or an unsupported one hides another")
    func everyApp() throws {
        for (name, format, expected, problems) in Self.samples {
            let result = try read(try file(name), as: format)
            let found = result.tokens.map { token in
                Expected(
                    [token.issuer?.printable, token.owner?.printable].compactMap(\.self)
                        .joined(separator: ": "), token.kind, token.algorithm,
                    digits: token.digits, period: token.period, next: token.nextStep)
            }
            #expect(found == expected, "\(name)")
            #expect(result.problems.map(\.description) == problems, "\(name)")
            #expect(result.notes.isEmpty && format.isPersonal, "\(name)")
            #expect(result.entries.count == expected.count + problems.count, "\(name)")
            for token in result.tokens {
                #expect(
                    token.keyBytes == exampleKey || token.kind == .hotp && format == .freeOTPPlus,
                    "\(name)")
                #expect(try token.code(noonStep) == token.codeOfDevice(noonStep), "\(name)")
            }
        }
    }

    @Test("FreeOTP+'s signed bytes are read wrong")
    func signedBytes() throws {
        let result = try read(try file("freeotp-plus.json"), as: .freeOTPPlus)
        #expect(result.tokens[1].keyBytes == Array(250...255) + Array(0..<14))
    }

    @Test("An entry cannot be selected by its name, or others come with it")
    func choosing() throws {
        func chosen(_ isMeant: (EntryLabel) -> Bool) throws -> [String] {
            var result = try read(try file("aegis.json"), as: .aegis)
            result.keepEntries(Set(result.entries.indices.filter { isMeant(result.entries[$0]) }))
            return result.tokens.map { $0.place.text } + result.problems.map(\.description)
        }
        #expect(try chosen { $0.answers(to: "bastion.EXAMPLE.com") } == ["entry 1"])
        #expect(try chosen { $0.isFrom("Bastion.example.com") } == ["entry 1"])
        #expect(try chosen { $0.answers(to: "alice@example.com") } == ["entry 2"])
        #expect(try chosen { $0.answers(to: "Café:alice@example.com") } == ["entry 2"])
        #expect(
            try chosen { $0.answers(to: "Steam: alice") }
                == ["entry 3: codes of Steam are not supported"])
        for text in ["", "bastion", "example.com", "alice@example", ":alice"] {
            #expect(try chosen { $0.answers(to: text) || $0.isFrom(text) } == [], "\(text)")
        }
    }

    @Test("An encrypted export is not reported as such")
    func encrypted() throws {
        let files: [(ImportFormat, String, String)] = [
            (
                .aegis, #"{"version":1,"header":{"slots":[],"params":{}},"db":"AAAA"}"#,
                "it is encrypted; export it from Aegis without encryption"
            ),
            (
                .twoFAS, #"{"services":[],"schemaVersion":4,"servicesEncrypted":"a:b:c"}"#,
                "it is encrypted; export it from 2FAS without a password"
            ),
            (
                .andOTP, "\u{1}\u{2}binary",
                "it is not a plain-text backup of andOTP; an encrypted one is not read"
            ),
            (
                .bitwarden, #"{"encrypted":true,"passwordProtected":true,"data":"x"}"#,
                "it is encrypted; export .json or .csv from Bitwarden instead"
            ),
            (
                .ente, #"{"version":1,"kdfParams":{},"encryptedData":"x","encryptionNonce":"y"}"#,
                "it is encrypted; export plain text from Ente Auth instead"
            ),
            (
                .andOTP, "-----BEGIN PGP MESSAGE-----\n",
                "it is encrypted with OpenPGP; decrypt it with gpg first"
            ),
        ]
        for (format, text, sentence) in files {
            let result = try read(ascii(text), as: format)
            #expect(result.problems.map(\.description) == ["the file: " + sentence])
            #expect(result.tokens.isEmpty && result.entries.isEmpty)
        }
        // The header of keepassxc-cli's own files, and a spreadsheet's text that is in no known
        // format.
        let kdbx: [UInt8] = [0x03, 0xd9, 0xa2, 0x9a, 0x67, 0xfb, 0x4b, 0xb5]
        for format in ImportFormat.allCases {
            #expect(
                try read(kdbx, as: format).problems.map(\.sentence) == [
                    "it is an encrypted database of KeePass; import what `keepassxc-cli export` makes "
                        + "of it"
                ])
            #expect(
                try read([0xff, 0xfe, 0x75, 0x00], as: format).problems.map(\.sentence)
                    == ["it is written in UTF-16; save it as UTF-8"])
        }
    }

    @Test("A file of another format is not recognized, or as a third one")
    func guessing() throws {
        for (name, format, _, _) in Self.samples {
            let bytes = try file(name)
            #expect(ImportFormat.guess(bytes.span) == format, "\(name)")
        }
        for (name, format) in [
            ("plain.xml", ImportFormat.pskc), ("users.oath", .usersOATH),
            ("google_authenticator", .googleAuthenticator), ("tokens-entra.csv", .tokenCSV),
        ] {
            let bytes = try file(name)
            #expect(ImportFormat.guess(bytes.span) == format, "\(name)")
        }
        for text in ["", " ", "hello", "{}", "<a/>", "\u{feff}"] {
            let bytes = ascii(text)
            #expect(ImportFormat.guess(bytes.span) == nil)
        }
    }
}

/// Reads `bytes` like `otp-enroll`.
func read(_ bytes: [UInt8], as format: ImportFormat) throws -> ImportResult {
    switch format {
    case .googleAuthenticator: GoogleAuthenticatorFile.read(bytes.span, now: noon)
    case .usersOATH: UsersOATH.read(bytes.span, now: noon, unixTime: utc)
    case .otpauth: KeyURIList.read(bytes.span)
    case .pskc: PSKCFile.read(bytes.span)
    case .privacyIDEA: PrivacyIDEACSV.read(bytes.span)
    case .tokenCSV: TokenCSV.read(bytes.span)
    case .swiftOTP: SwiftOTPExport.read(bytes.span, now: noon)
    case .googleExport: MigrationURIList.read(bytes.span)
    case .aegis: AegisVault.read(bytes.span)
    case .twoFAS: TwoFASBackup.read(bytes.span)
    case .andOTP: AndOTPBackup.read(bytes.span)
    case .freeOTPPlus: FreeOTPPlusBackup.read(bytes.span)
    case .ente: EnteExport.read(bytes.span)
    case .bitwarden: BitwardenVault.read(bytes.span)
    case .keePassXC: KeePassExport.read(bytes.span)
    }
}
