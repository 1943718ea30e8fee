/// A mail address: a user of this machine (`alice`) or a mailbox elsewhere (`alice@example.com`).
///
/// Far less than RFC 5322 allows: nothing that any mailer could take for several addresses, a
/// comment, an option, a pipe or a file.
public struct MailAddress: Equatable, Sendable {
    /// The address, in printable ASCII.
    public let text: String

    /// What an address looks like, for error messages.
    public static let expectation =
        "use a name of this machine or name@example.com, in ASCII, "
        + "without spaces, commas and quotes"

    private static let maximumLength = 254
    private static let maximumLocalLength = 64
    private static let maximumLabelLength = 63

    /// `nil` if `text` is not an address.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard (1...MailAddress.maximumLength).contains(bytes.count) else { return nil }
        let parts = bytes.split(
            separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
        guard let local = parts.first, MailAddress.isLocal(local) else { return nil }
        switch parts.count {
        case 1: break
        case 2: guard let domain = parts.last, MailAddress.isDomain(domain) else { return nil }
        default: return nil
        }
        self.text = text
    }

    /// Why there is no address for a user.
    public enum Problem: Error, Equatable {
        /// The user's name cannot be part of one.
        case name
        /// The admin's pattern makes none.
        case pattern
    }

    /// The address for a user according to the admin's `pattern`, in which exactly one `%u` stands
    /// for the user's name.
    public init(pattern: String, user: User) throws(Problem) {
        guard MailAddress.isLocal(user.name[...]) else { throw .name }
        let parts = pattern.split(separator: "%", omittingEmptySubsequences: false)
        guard let before = parts.first, let after = parts.last, parts.count == 2,
            after.first == "u",
            let address = MailAddress("\(before)\(user.shownName)\(after.dropFirst())")
        else { throw .pattern }
        self = address
    }

    /// Enough of it for its owner to know which one it is: `a...@example.com`.
    public var masked: String {
        let domain = text.firstIndex(of: "@").map { text[$0...] } ?? ""
        return "\(text.prefix(1))...\(domain)"
    }

    /// Words of letters, digits and a few signs, with single dots between them.
    private static func isLocal(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard bytes.count <= maximumLocalLength, bytes.first != UInt8(ascii: "-") else {
            return false
        }
        let signs = Array("_+-=~'".utf8)
        return bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
            .allSatisfy { word in
                !word.isEmpty && word.allSatisfy { isLetterOrDigit($0) || signs.contains($0) }
            }
    }

    /// Labels of letters, digits and hyphens, with single dots between them.
    private static func isDomain(_ bytes: ArraySlice<UInt8>) -> Bool {
        let hyphen = UInt8(ascii: "-")
        return bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
            .allSatisfy { label in
                (1...maximumLabelLength).contains(label.count)
                    && label.first != hyphen && label.last != hyphen
                    && label.allSatisfy { isLetterOrDigit($0) || $0 == hyphen }
            }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}
