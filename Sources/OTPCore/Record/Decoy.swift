/// What a name that has no record is tried against, so that nobody can tell it from one that has.
///
/// Decoys are few and names are without number, so many names share one. Which ones do is known to
/// nobody without the seal key, and each of the last few has its own failures.
public struct Decoy {
    /// How many there are.
    public static let count = 256

    /// Which one it is, 0 to 255.
    public let number: UInt8
    /// What the name is called in the decoy.
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

    /// Turns the decoy's record to the name: its throttle is what it was for this name, and so are
    /// the answers that it has refused.
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
        // A key of another length is the only thing that could be wrong.
        do throws(Record.ChangeError) { try record.add(authenticator, key: random.span) } catch {}
        return record
    }
}

extension Throttle {
    /// Makes the failures of `name` those that count for everybody.
    ///
    /// The sources of a decoy's throttle are names (as keys are, one does not count for another), the one that it is turned to first, then the
    /// others as they were tried last; the one that was not tried for longest makes room.
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
