import OTPCore
import OTPImport
import OTPWire

/// An authenticator and its key, as the service returns them.
struct ExportedToken {
    let authenticator: Authenticator
    let key: KeyBox

    init(_ document: TokenDocument) throws(Failure) {
        var text = Array(document.key.utf8)
        defer { Secret.wipe(&text) }
        guard let authenticator = document.authenticator.authenticator,
            let key = Base32.decode(text.span)
        else { throw Failure.otherVersion }
        self.authenticator = authenticator
        self.key = KeyBox(key)
    }
}
