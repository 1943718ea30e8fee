import OTPWire
import Synchronization

/// The codes that members of the help desk have given: each counts for five minutes, unless what
/// logs the member in has changed. They are known to this value only.
public final class HelpDeskPasses<Member: Hashable & Sendable>: Sendable {
    private struct Pass {
        let end = Deadline(in: .seconds(300))
        /// The epoch of the member's record.
        let epoch: UInt64
    }

    private let passes = Mutex<[Member: Pass]>([:])

    public init() {}

    /// Notes that this member has given a right code.
    public func give(to member: Member, epoch: UInt64) {
        passes.withLock { $0[member] = Pass(epoch: epoch) }
    }

    /// Whether the member's last code still counts.
    public func isLive(for member: Member, epoch: UInt64) -> Bool {
        passes.withLock { passes in
            guard let pass = passes[member] else { return false }
            guard pass.epoch == epoch, !pass.end.isOver else {
                passes[member] = nil
                return false
            }
            return true
        }
    }

    /// Whether anybody's still counts: then whoever keeps this value should not end.
    public var isAnyLive: Bool {
        passes.withLock { passes in
            passes = passes.filter { !$0.value.end.isOver }
            return !passes.isEmpty
        }
    }
}
