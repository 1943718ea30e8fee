import OTPCore

/// Files that are encrypted as a whole, recognized by their first bytes.
enum EncryptedFile {
    /// What to do instead of reading it here; `nil` for any other file.
    static func complaint(about bytes: Span<UInt8>) -> String? {
        known.first { bytes.extracting(first: $0.beginning.count).isEqual(to: $0.beginning.span) }?
            .complaint
    }

    private static let utf16 = "it is written in UTF-16; save it as UTF-8"
    private static let pgp = "it is encrypted with OpenPGP; decrypt it with gpg first"

    private static let known: [(beginning: [UInt8], complaint: String)] = [
        ([0xff, 0xfe], utf16), ([0xfe, 0xff], utf16),
        (
            [0x03, 0xd9, 0xa2, 0x9a],
            "it is an encrypted database of KeePass; import what `keepassxc-cli export` makes of it"
        ),
        (Array("-----BEGIN PGP MESSAGE".utf8), pgp),
        (
            Array("age-encryption.org/".utf8), "it is encrypted with age; decrypt it with age first"
        ),
    ]
}
