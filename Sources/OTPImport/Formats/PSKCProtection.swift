import OTPCore

/// How the keys of a PSKC file are protected, and how to decrypt them.
struct PSKCProtection {
    /// The pre-shared key, if the caller has one.
    let key: KeyBox?
    /// Whether the key must be derived from a password, which is not supported.
    private var isDerived = false
    private var mac: MAC = .none

    private enum MAC {
        case none
        /// The algorithm is not HMAC-SHA1.
        case unknown(String)
        /// Its key is the pre-shared key itself.
        case sharedKey
        /// Its key is given, encrypted under the pre-shared key.
        case ownKey(XMLElement)
    }

    init(key: KeyBox?) { self.key = key }

    /// Takes `EncryptionKey`.
    mutating func take(encryptionKey element: XMLElement) {
        isDerived = element.children.contains { $0.localName == "DerivedKey" }
    }

    /// Takes `MACMethod`.
    mutating func take(macMethod element: XMLElement) {
        let algorithm = element.attributes["Algorithm"] ?? ""
        if algorithm != XMLNamespace.signature.rawValue + "hmac-sha1" {
            mac = .unknown(algorithm)
        } else if let key = element.child("MACKey") {
            mac = .ownKey(key)
        } else {
            mac = .sharedKey
        }
    }

    /// Why an encrypted value cannot be read, if the caller can do something about it.
    var lacksKey: Bool { key == nil && !isDerived }

    /// The bytes of an `EncryptedValue`, checked against its `ValueMAC`; adds a note if there is
    /// none.
    func open(
        _ value: XMLElement, mac expected: XMLElement?, notes: inout [String]
    ) throws(Refusal) -> KeyBox {
        guard !isDerived else {
            throw Refusal("it is encrypted with a password, which is not supported")
        }
        guard let key else { throw Refusal("it is encrypted, and needs the pre-shared key") }
        guard key.count == PSKCCryptography.blockLength else {
            throw Refusal("the pre-shared key has \(key.count * 8) bits instead of 128")
        }
        let cipher = try cipherText(of: value)
        if let expected {
            try check(cipher, against: expected, key)
        } else {
            notes.append("nothing in the file proves that the pre-shared key was the right one")
        }
        guard let plain = decrypt(cipher, key) else {
            throw Refusal("it cannot be decrypted: the pre-shared key is wrong")
        }
        return plain
    }

    private func check(
        _ cipher: KeyBox, against expected: XMLElement, _ key: KeyBox
    ) throws(Refusal) {
        let macKey: KeyBox
        switch mac {
        case .none: throw Refusal("it has a ValueMAC, but the file has no MACMethod")
        case .unknown(let algorithm):
            throw Refusal("the MACMethod is not supported: \(ForeignText(algorithm).printable)")
        case .sharedKey: macKey = key
        case .ownKey(let element):
            guard let opened = decrypt(try cipherText(of: element), key) else {
                throw Refusal("the MAC's key cannot be decrypted: the pre-shared key is wrong")
            }
            macKey = opened
        }
        let expected = try expected.base64("ValueMAC")
        let fits = expected.withBytes { expected in
            cipher.withBytes { cipher in
                macKey.withBytes { PSKCCryptography.isMAC(expected, of: cipher, key: $0) }
            }
        }
        guard fits else {
            throw Refusal("its MAC does not fit: the pre-shared key is wrong, or it was changed")
        }
    }

    private func decrypt(_ cipher: KeyBox, _ key: KeyBox) -> KeyBox? {
        cipher.withBytes { cipher in
            key.withBytes { PSKCCryptography.decrypt(cipher, key: $0) }
        }
    }

    private func cipherText(of element: XMLElement) throws(Refusal) -> KeyBox {
        let method = element.child("EncryptionMethod", in: .encryption)?.attributes["Algorithm"]
        guard method == XMLNamespace.encryption.rawValue + "aes128-cbc" else {
            let shown = ForeignText(method ?? "none").printable
            throw Refusal("the encryption is not AES-128-CBC but \(shown)")
        }
        guard
            let value = element.child("CipherData", in: .encryption)?
                .child("CipherValue", in: .encryption)
        else { throw Refusal("an encrypted value has no CipherValue") }
        return try value.base64("CipherValue")
    }
}
