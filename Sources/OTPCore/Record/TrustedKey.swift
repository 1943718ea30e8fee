/// An SSH key that logs its user in without a code, for a limited time.
///
/// Bound to the user by being in the user's record, and to the key by its fingerprint.
public struct TrustedKey: Equatable, Sendable {
    /// How many a record has room for.
    public static let maximum = 8
    /// Length of a fingerprint in bytes (SHA-256).
    public static let fingerprintLength = 32
    /// The longest name, in bytes.
    public static let nameLength = 16
    /// The longest address that is kept, in bytes: any numeric one.
    static let addressLength = 39
    /// How far the clock may be behind the last use, in seconds.
    static let tolerance: UInt64 = 60
    /// Seconds of a day.
    static let day: UInt64 = 86_400

    /// The SHA-256 fingerprint of the public key.
    public let fingerprint: [UInt8]
    /// What the user calls it.
    public let name: Name
    /// When it was trusted, in Unix seconds.
    public let since: UInt64
    /// When the trust ends, in Unix seconds. It is never extended.
    public let until: UInt64
    /// When it last logged in, in Unix seconds; before that, `since`.
    public internal(set) var lastUsed: UInt64
    /// Where it last logged in from. Printable ASCII, at most 39 bytes.
    public internal(set) var address: [UInt8]
    /// The key of the authenticator whose code granted the trust; removing it ends the trust.
    let origin: KeyMemory.Mark

    /// `nil` if fingerprint or name has the wrong length.
    init?(
        fingerprint: [UInt8], name: Name, since: UInt64, until: UInt64, lastUsed: UInt64,
        address: [UInt8], origin: KeyMemory.Mark
    ) {
        guard fingerprint.count == TrustedKey.fingerprintLength,
            name.bytes.count <= TrustedKey.nameLength
        else { return nil }
        self.fingerprint = fingerprint
        self.name = name
        self.since = since
        self.until = until
        self.lastUsed = lastUsed
        self.address = TrustedKey.printable(address)
        self.origin = origin
    }

    static func printable(_ address: [UInt8]) -> [UInt8] {
        address.prefix(addressLength).map { (0x21...0x7e).contains($0) ? $0 : UInt8(ascii: "?") }
    }

    /// When the trust ends, if it may last at most `days` days.
    public func end(days: UInt8) -> UInt64 {
        min(until, since.addingClamped(UInt64(days) * TrustedKey.day))
    }

    /// Whether it is trusted at `now`. Not if the clock is before the last use, so that setting it
    /// back prolongs nothing.
    public func isLive(at now: UInt64, days: UInt8) -> Bool {
        now.addingClamped(TrustedKey.tolerance) >= max(lastUsed, since) && now < end(days: days)
    }
}

extension Record {
    /// The key with this fingerprint that is trusted at `now`; `nil` if there is none, or if
    /// anything in the record says that the clock was once later.
    func liveTrust(in fingerprint: [UInt8], at now: UInt64, days: UInt8) -> Int? {
        guard isEnrolled, now >= MachineTime.earliest, !remembersLater(than: now) else {
            return nil
        }
        return trusted.firstIndex {
            $0.fingerprint == fingerprint && $0.isLive(at: now, days: days)
        }
    }

    /// Whether a code was used at a time still to come: the clock was ahead then, or is behind now.
    public func remembersLater(than now: UInt64) -> Bool {
        authenticators.contains { $0.lastUsed > now.addingClamped(TrustedKey.tolerance) }
    }

    /// How many keys are trusted at `now`.
    public func liveTrusts(at now: UInt64, days: UInt8) -> Int {
        trusted.count { $0.isLive(at: now, days: days) }
    }

    /// Trusts a key from `now` on, granted by authenticator `index`. It replaces an older trust of
    /// the same key, and trusts that have ended are forgotten. Whether there was room.
    mutating func trust(
        _ fingerprint: [UInt8], named name: Name, at now: UInt64, days: UInt8, most: UInt8,
        from address: [UInt8], by index: Int = 0
    ) -> Bool {
        trusted.removeAll { $0.fingerprint == fingerprint || now >= $0.end(days: days) }
        guard trusted.count < min(Int(most), TrustedKey.maximum),
            let key = TrustedKey(
                fingerprint: fingerprint, name: name, since: now,
                until: now.addingClamped(UInt64(days) * TrustedKey.day), lastUsed: now,
                address: address, origin: mark(of: index))
        else { return false }
        trusted.append(key)
        return true
    }

    /// The authenticator whose code granted the trust, and whose removal ends it.
    public func origin(of key: TrustedKey) -> Name? {
        authenticators.indices.first { mark(of: $0) == key.origin }
            .map { authenticators[$0].name }
    }

    /// Records a login with trusted key `index`.
    mutating func useTrust(_ index: Int, at now: UInt64, from address: [UInt8]) {
        guard trusted.indices.contains(index) else { return }
        trusted[index].lastUsed = max(now, trusted[index].lastUsed)
        trusted[index].address = TrustedKey.printable(address)
    }

    /// Ends the trust in the key with this fingerprint; returns its name, if it was trusted.
    @discardableResult
    public mutating func revokeTrust(in fingerprint: [UInt8]) -> Name? {
        guard let index = trusted.firstIndex(where: { $0.fingerprint == fingerprint }) else {
            return nil
        }
        raiseEpoch()
        return trusted.remove(at: index).name
    }

    /// The names of the keys that were trusted `before`, and no longer are.
    public func trustEnded(since before: [TrustedKey]) -> [Name] {
        before.filter { !trusted.contains($0) }.map(\.name)
    }

    /// Ends the trust in all keys; how many there were.
    @discardableResult
    public mutating func revokeAllTrust() -> Int {
        guard !trusted.isEmpty else { return 0 }
        raiseEpoch()
        defer { trusted.removeAll() }
        return trusted.count
    }
}

// MARK: The form in a record (docs/FILEFORMAT.md)

extension TrustedKey {
    func encode(into bytes: inout OutputSpan<UInt8>) {
        bytes.write(copying: fingerprint.span)
        bytes.write(bigEndian: since)
        bytes.write(bigEndian: until)
        bytes.write(bigEndian: lastUsed)
        bytes.write(UInt8(truncatingIfNeeded: name.bytes.count))
        bytes.write(copying: name.bytes.span)
        bytes.write(UInt8(truncatingIfNeeded: address.count))
        bytes.write(copying: address.span)
        bytes.write(copying: origin.bytes.span)
    }

    /// Reads what `encode` wrote; `nil` if the bytes are invalid.
    init?(decoding bytes: Span<UInt8>, _ cursor: inout Cursor) {
        guard let fingerprint = cursor.bytes(TrustedKey.fingerprintLength, of: bytes),
            let since = cursor.uint64(bytes), let until = cursor.uint64(bytes),
            let lastUsed = cursor.uint64(bytes),
            let name = cursor.byte(bytes)
                .flatMap({ cursor.bytes(Int($0), of: bytes) }).flatMap({ Name($0) }),
            let length = cursor.byte(bytes), Int(length) <= TrustedKey.addressLength,
            let address = cursor.bytes(Int(length), of: bytes),
            address.allSatisfy({ (0x21...0x7e).contains($0) }),
            let origin = cursor.bytes(KeyMemory.Mark.length, of: bytes)
                .flatMap({ KeyMemory.Mark($0) })
        else { return nil }
        self.init(
            fingerprint: fingerprint, name: name, since: since, until: until, lastUsed: lastUsed,
            address: address, origin: origin)
    }
}
