import OTPCore

/// Key files of hardware tokens: the Portable Symmetric Key Container of RFC 6030, plain or with a
/// pre-shared AES-128 key.
public enum PSKCFile {
    /// Reads the tokens. `preSharedKey` is 16 bytes; a plain file needs none.
    ///
    /// If `needsPreSharedKey` is true in the result, try again with the key.
    public static func read(_ bytes: Span<UInt8>, preSharedKey: KeyBox? = nil) -> ImportResult {
        if let complaint = ImportLimits.complaint(about: bytes, limit: ImportLimits.fileSize) {
            return ImportResult(complaint)
        }
        let reader = Reader(preSharedKey)
        let builder = XMLBuilder(.pskc) { reader.take($0, endingOn: $1) }
        if let stop = XMLParser.parse(bytes, into: builder), !reader.isFull {
            reader.result.report(.line(stop.line), stop.reason)
        }
        return reader.result
    }

    /// Collects the parts of the container, in their order.
    private final class Reader {
        var result = ImportResult()
        private(set) var isFull = false
        private var protection: PSKCProtection
        private var packages = 0

        init(_ key: KeyBox?) { protection = PSKCProtection(key: key) }

        func take(_ part: XMLElement, endingOn line: Int) -> Bool {
            switch part.name {
            case XMLNamespace.pskc.qualified("EncryptionKey"):
                protection.take(encryptionKey: part)
            case XMLNamespace.pskc.qualified("MACMethod"):
                protection.take(macMethod: part)
            case XMLNamespace.pskc.qualified("KeyPackage"):
                packages += 1
                return take(package: part)
            case XMLNamespace.signature.qualified("Signature"):
                result.notes.append("the signature of the file is not checked")
            default: break
            }
            return true
        }

        private func take(package: XMLElement) -> Bool {
            guard let key = package.child("Key") else {
                result.report(.key("\(packages)"), "the package has no key")
                return true
            }
            let id = ForeignText(key.attributes["Id"] ?? "\(packages)")
            let place = ImportPlace.key(id.printable)
            do throws(Refusal) {
                isFull = try !result.add(PSKCKey(key, in: package).token(at: place, protection))
            } catch {
                result.report(place, error.sentence)
                if protection.lacksKey, PSKCKey(key, in: package).isEncrypted {
                    result.needsPreSharedKey = true
                }
            }
            return !isFull
        }
    }
}
