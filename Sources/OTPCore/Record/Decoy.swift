/// What a name without a record is tried against, so that nobody can tell it from a name with one.
///
/// There are few decoys and any number of names, so many names share one. Nobody without the seal
/// key knows which names do, and each of the last few names has its own failures.
public struct Decoy {
    /// How many there are.
    public static let count = 256

    /// The number of this decoy, 0 to 255.
    public let number: UInt8
    /// What stands for the name in the decoy.
    private let name: SourceID

    /// The decoy that `name` is tried against.
    public init(for name: [UInt8], key: SealKey) {
        var text: [UInt8] = []
        text.reserveCapacity(5 + name.count)
        text.append("decoy")
        text.append(copying: name.span)
        let mac = key.mac(text.span, length: 17)
        number = mac.first ?? 0
        self.name = SourceID(mac.span.extracting(last: 16), isKey: true)
    }

    /// Turns the decoy's record to the name: it gets the throttle of this name, and the answers
    /// refused for it.
    public func turn(_ record: inout Record) {
        record.throttle.turn(to: name)
        record.refusedAnswers.owner = name.low
    }

    /// A record that nobody can log in with: its key is `random`, which is wiped.
    public static func record(random: inout [UInt8]) -> Record {
        defer { Secret.wipe(&random) }
        var record = Record()
        guard let name = Name("decoy".utf8), let authenticator = Authenticator(name: name, added: 0)
        else { return record }
        // Only a key of another length could make this fail.
        do throws(Record.ChangeError) { try record.add(authenticator, key: random.span) } catch {}
        return record
    }
}

extension Throttle {
    /// Makes the failures of `name` the common ones.
    ///
    /// The sources of a decoy's throttle are names, stored as keys, so that one does not count for
    /// another. The current name comes first, then the others, the last tried first; the one tried
    /// longest ago makes room.
    mutating func turn(to name: SourceID) {
        guard sources.first?.id != name else { return }
        if !sources.isEmpty { sources[0].counter = shared }
        let known = sources.firstIndex { $0.id == name }
        let next = known.map { sources.remove(at: $0) } ?? Source(id: name, lastLogin: 0)
        shared = next.counter
        newcomers = []
        sources.insert(next, at: 0)
        if sources.count > Throttle.maximumSources { sources.removeLast() }
    }
}
