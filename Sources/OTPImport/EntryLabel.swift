import OTPCore

/// The name of an entry in an app's export: enough to select it.
public struct EntryLabel: Equatable, Sendable {
    /// Who the codes are for, according to the app; empty if it does not say.
    public let issuer: ForeignText
    /// The account there; empty where the app has none.
    public let account: ForeignText

    init(issuer: [UInt8]?, account: [UInt8]?) {
        self.issuer = ForeignText(issuer ?? [])
        self.account = ForeignText(account ?? [])
    }

    /// Both, safe to show anywhere: `GitHub: alice`.
    public var printable: String {
        [issuer.printable, account.printable].filter { !$0.isEmpty }.joined(separator: ": ")
    }

    /// Whether the codes are for `issuer`, ignoring case.
    public func isFrom(_ issuer: String) -> Bool {
        !self.issuer.bytes.isEmpty
            && EntryLabel.fold(self.issuer.bytes) == EntryLabel.fold(issuer.utf8)
    }

    /// Whether `text` is its issuer, its account, or both with a colon between them, ignoring case.
    public func answers(to text: String) -> Bool {
        let text = EntryLabel.fold(text.utf8)
        guard !text.isEmpty else { return false }
        let (issuer, account) = (EntryLabel.fold(issuer.bytes), EntryLabel.fold(account.bytes))
        let colon = [UInt8(ascii: ":")]
        return text == issuer || text == account || text == issuer + colon + account
            || text == issuer + colon + [UInt8(ascii: " ")] + account
    }

    /// ASCII letters in lower case.
    private static func fold(_ text: some Sequence<UInt8>) -> [UInt8] { text.map(Text.lowercase) }

    func field(_ text: ForeignText, _ what: String) throws(Refusal) -> ForeignText? {
        let bytes = text.bytes
        return try ForeignText.field(bytes.span, what)
    }
}
