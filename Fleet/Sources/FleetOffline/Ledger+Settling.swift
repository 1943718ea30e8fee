import FleetNetwork
import OTPCore
import OTPWire
import Synchronization

// What servers and admins say to a ledger.
extension Ledger {
    // MARK: Servers

    /// What a server is to be told next.
    public var untold: [OfflineUse] {
        state.withLock { Array($0.contents.untold.prefix(OfflineUse.most)) }
    }

    /// How much there is to tell in all.
    public var untoldCount: Int { state.withLock { $0.contents.untold.count } }

    /// Whether the host has no key, and needs to know the highest number that was ever told.
    public var isNew: Bool { state.withLock { $0.key == nil } }

    /// A server was reached: counts begin again, `told` was told, and `key` is the key from now on.
    public func settle(
        told: [OfflineUse], key: SealKey, bytes: [UInt8], highest: UInt64
    ) throws(FleetProblem) {
        try state.withLock { (state) throws(FleetProblem) in
            if var known = state.key {
                if known.key.id != key.id || known.bytes != bytes {
                    (known.key, known.bytes) = (key, bytes)
                    try keyFile.write(known)
                    state.key = known
                }
            } else {
                try begin(&state, key, bytes, highest)
            }
        }
        guard trouble == nil else { return }
        _ = try changing { (contents, _) throws(FleetProblem) in
            let old = contents
            if contents.untold.starts(with: told) { contents.untold.removeFirst(told.count) }
            contents.users = contents.users.mapValues { Entry(next: $0.next) }
            return ((), contents != old)
        }
    }

    /// The first key. What an earlier ledger had is burnt for everybody.
    private func begin(
        _ state: inout State, _ key: SealKey, _ bytes: [UInt8], _ highest: UInt64
    ) throws(FleetProblem) {
        let earlier = (try? readFile()) ?? Contents()
        let last = max(earlier.highest, min(highest, .max - 2))
        try restart(&state, from: earlier, above: last, key, bytes)
    }

    // MARK: An admin

    /// Opens what wrong answers have closed, and a ledger that went back: then all numbers begin
    /// above the highest one that the mark knows.
    public func reopen(now: UInt64) throws(FleetProblem) {
        try state.withLock { (state) throws(FleetProblem) in
            guard let key = state.key else { throw Ledger.noKey }
            let isBack = state.trouble != nil
            let found = isBack ? (try? readFile()) ?? Contents() : state.contents
            var earlier = found
            let last = isBack ? max(found.highest, key.mark.highest) : found.first - 1
            if isBack {
                earlier.untold.append(
                    OfflineUse(user: "", kind: .reopened, number: last, time: now, origin: ""))
            }
            try restart(&state, from: earlier, above: last, key.key, key.bytes)
        }
    }

    private func restart(
        _ state: inout State, from earlier: Contents, above last: UInt64, _ key: SealKey,
        _ bytes: [UInt8]
    ) throws(FleetProblem) {
        guard last < .max - 1, earlier.serial < .max - 1 else {
            throw FleetProblem("no number is left")
        }
        var contents = earlier
        contents.serial = max(contents.serial, state.key?.mark.serial ?? 0) + 1
        contents.first = max(contents.first, last + 1)
        contents.users = contents.users.mapValues { Entry(next: max($0.next, last + 1)) }
        let mark = OfflineKeyFile.Mark(serial: contents.serial, highest: contents.highest)
        let file = OfflineKeyFile.Contents(key: key, bytes: bytes, mark: mark)
        try PrivateFile.write(contents.text, at: path)
        try keyFile.write(file)
        state = State(contents: contents, key: file)
    }
}
