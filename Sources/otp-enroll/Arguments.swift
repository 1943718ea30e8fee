import ArgumentParser
import OTPCore

/// Parses the values of the command line's options, and says what is expected if one is wrong.
enum Arguments {
    /// The name of an authenticator.
    static func name(_ text: String) throws -> Name {
        guard let name = Name(text.utf8) else {
            throw ValidationError(
                "a name has 1 to \(Name.maximumLength) printable ASCII characters, without "
                    + "\", \\ and :, and no space at its ends")
        }
        return name
    }

    /// The hash function, in either case, with or without hyphen.
    static func algorithm(_ text: String) throws -> HashAlgorithm {
        let wanted = text.uppercased().filter { $0 != "-" }
        guard let algorithm = HashAlgorithm.allCases.first(where: { $0.name == wanted }) else {
            throw ValidationError("use SHA1, SHA256 or SHA512")
        }
        return algorithm
    }

    /// Digits of a code.
    static func digits(_ text: String) throws -> UInt8 {
        guard let digits = UInt8(text), HOTP.digitsRange.contains(digits) else {
            throw ValidationError("a code has 6, 7 or 8 digits")
        }
        return digits
    }

    /// Seconds per step.
    static func period(_ text: String) throws -> UInt16 {
        let range = TOTP.periodRange
        guard let period = UInt16(text), range.contains(period) else {
            throw ValidationError(
                "a code is shown for \(range.lowerBound) to \(range.upperBound) seconds")
        }
        return period
    }

    /// An issuer or an account.
    static func part(_ text: String) throws -> String {
        let bytes = Array(text.utf8)
        guard KeyURI.allows(bytes.span), Output.printable(text, utf8: true) == text else {
            throw ValidationError(
                "use 1 to \(KeyURI.maximumPartLength) bytes, without a colon, which apps take "
                    + "as a separator, and without control characters")
        }
        return text
    }

    /// A mail address.
    static func mailAddress(_ text: String) throws -> MailAddress {
        guard let address = MailAddress(text) else {
            throw ValidationError(MailAddress.expectation)
        }
        return address
    }
}
