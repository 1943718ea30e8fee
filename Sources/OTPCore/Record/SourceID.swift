/// Where a login comes from: an SSH key, an address, or this machine itself, as a 128-bit hash of
/// its text. It only selects a failure counter, so a hash without a key is enough.
public struct SourceID: Equatable, Sendable {
    let high: UInt64
    let low: UInt64
    /// Whether it is an SSH key, which strangers cannot use.
    public let isKey: Bool

    init(high: UInt64, low: UInt64, isKey: Bool = false) {
        self.high = high
        self.low = low
        self.isKey = isKey
    }

    /// The source that `text` names; an empty text is this machine.
    public init(_ text: Span<UInt8>, isKey: Bool = false) {
        // FNV-1a, 64 bits, from two offset bases.
        var high: UInt64 = 0xcbf2_9ce4_8422_2325
        var low: UInt64 = 0x6c62_272e_07bb_0142
        for index in text.indices {
            high = (high ^ UInt64(text[index])) &* 0x0000_0100_0000_01b3
            low = (low ^ UInt64(text[index])) &* 0x0000_0100_0000_01b3
        }
        self.init(high: high, low: low, isKey: isKey)
    }
}

extension SourceID {
    /// The source as 32 hex digits, for a fleet's server.
    public var text: String {
        var bytes: [UInt8] = []
        bytes.append(bigEndian: high)
        bytes.append(bigEndian: low)
        return Hex.text(of: bytes)
    }

    /// The same source at one host of a fleet: failures there count at no other host.
    public init?(_ text: String, isKey: Bool, at host: String) {
        guard text.utf8.count == 32 else { return nil }
        let place = Array("\(text) \(host)".utf8)
        self.init(place.span, isKey: isKey)
    }
}
