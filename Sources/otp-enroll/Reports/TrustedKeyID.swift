import OTPCore

/// How users refer to a trusted key: its name, its fingerprint, or the beginning of that.
struct TrustedKeyID {
    /// How much of a fingerprint is enough.
    static let leastLength = 6

    private let text: String

    init(_ text: String) { self.text = text }

    /// The key among `keys` that is meant; `user` is their owner.
    func find(in keys: [TrustedKeySummary], of user: String) throws(Failure) -> TrustedKeySummary {
        let meant = keys.filter { $0.name == text || begins($0, atLeast: Self.leastLength) }
        if meant.count == 1, let key = meant.first { return key }
        let shown = Output.printable(text)
        guard meant.isEmpty else {
            throw Failure(
                Phrase("\"\(shown)\" matches more than one trusted key of \(user)"),
                hints: list(meant))
        }
        guard !keys.isEmpty else { throw Failure(Phrase("\(user) trusts no SSH key")) }
        let isShort = keys.contains { begins($0, atLeast: 1) }
        let advice = Phrase("give at least \(Self.leastLength) characters of the fingerprint")
        throw Failure(
            Phrase("\(user) trusts no SSH key \"\(shown)\""),
            hints: (isShort ? [advice] : []) + list(keys))
    }

    /// Whether the text is the beginning of the key's fingerprint.
    private func begins(_ key: TrustedKeySummary, atLeast length: Int) -> Bool {
        let sort = "SHA256:"
        let start = text.hasPrefix(sort) ? text.dropFirst(sort.count) : text[...]
        return start.utf8.count >= length
            && key.fingerprint.dropFirst(sort.count).hasPrefix(start)
    }

    private func list(_ keys: [TrustedKeySummary]) -> [Phrase] {
        keys.map { Phrase("\"\($0.name)\" is \($0.fingerprint)") }
    }
}
