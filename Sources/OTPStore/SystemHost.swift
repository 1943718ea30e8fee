import CLinux
import OTPCore

/// The system's clock (CLOCK_REALTIME).
public struct SystemClock: Clock {
    public init() {}

    /// Unix seconds; a clock before 1970 is an error.
    public func now() throws(StoreError) -> UInt64 {
        do throws(Errno) {
            guard let now = UInt64(exactly: try System.time(CLOCK_REALTIME).seconds) else {
                throw Errno(number: EINVAL)
            }
            return now
        } catch {
            throw StoreError(.clock, [], "the system's clock cannot be read or is before 1970")
        }
    }
}

/// The system's random bytes (getrandom(2)).
public struct SystemRandom: Sendable {
    public init() {}

    /// `count` fresh random bytes.
    public func bytes(_ count: Int) throws(StoreError) -> [UInt8] {
        do throws(Errno) {
            return try System.random(count)
        } catch {
            throw StoreError(Array("random numbers".utf8), error)
        }
    }

    /// `count` fresh random bytes that wipe themselves.
    public func secret(_ count: Int) throws(StoreError) -> Secret {
        var bytes = try bytes(count)
        return Secret(wiping: &bytes)
    }
}
