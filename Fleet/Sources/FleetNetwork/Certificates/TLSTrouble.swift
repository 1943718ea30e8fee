import NIOSSL

/// Why there is no TLS connection, in plain words. The library's own texts have file names in them.
enum TLSTrouble {
    /// A clause, from the side of a client; `nil` if the error is none of the handshake: a request
    /// may have been sent before it.
    static func atClient(_ error: any Error) -> String? {
        let text = "\(error)"
        switch error {
        case NIOSSLError.handshakeFailed:
            return text.contains("CERTIFICATE_VERIFY_FAILED")
                ? "its certificate is not of this fleet, or has ended"
                : "it does not speak TLS 1.3 as it should"
        case let error as NIOSSLExtraError where error == .failedToValidateHostname:
            return "its certificate is not for this name"
        // With TLS 1.3 a client hears only after its own handshake what the server thinks of it.
        case is BoringSSLError where text.contains("ALERT_CERTIFICATE_EXPIRED"):
            return "it says that this host's certificate has ended"
        case is BoringSSLError where text.contains("ALERT_UNKNOWN_CA"),
            is BoringSSLError where text.contains("ALERT_BAD_CERTIFICATE"),
            is BoringSSLError where text.contains("ALERT_UNSUPPORTED_CERTIFICATE"),
            is BoringSSLError where text.contains("ALERT_CERTIFICATE"):
            return "it does not accept this host's certificate"
        default: return nil
        }
    }

    /// A clause, from the side of a server; `nil` if the error is none of TLS.
    static func atServer(_ error: any Error) -> String? {
        guard error is NIOSSLError || error is BoringSSLError else { return nil }
        let text = "\(error)"
        if text.contains("CERTIFICATE_VERIFY_FAILED") {
            return "its certificate is not of this fleet, or has ended"
        }
        if text.contains("UNSUPPORTED_PROTOCOL") { return "it does not speak TLS 1.3" }
        if text.contains("ALERT_UNKNOWN_CA") || text.contains("ALERT_CERTIFICATE") {
            return "it does not accept this server's certificate"
        }
        return "it does not speak TLS as it should"
    }
}
