import CLinux
import Glibc
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

    /// Seconds since boot, and the kernel's boot id.
    public func boot() -> BootTime? {
        do throws(Errno) {
            let text = try SystemHost.kernelText("proc/sys/kernel/random/boot_id", count: 36)
            let id = Hex.decode(text.span) { $0 == UInt8(ascii: "-") }
            let time = try System.time(CLOCK_BOOTTIME)
            return BootTime(
                id: id?.withBytes { $0.array } ?? [], seconds: UInt64(clamping: time.seconds))
        } catch {
            return nil
        }
    }
}

/// This machine.
public enum SystemHost {
    /// Its host name (hostname(7)); empty if unknown.
    public static func name() -> [UInt8] {
        do throws(Errno) {
            let text = try kernelText("proc/sys/kernel/hostname", count: 64)
            return Array(text.prefix { $0 != UInt8(ascii: "\n") })
        } catch {
            return []
        }
    }

    /// The first `count` bytes of a file of the kernel's; the path is absolute.
    static func kernelText(_ path: StaticString, count: Int) throws(Errno) -> [UInt8] {
        let root = try System.openRoot()
        let file = try System.open([UInt8](path), in: root, O_RDONLY)
        return try System.read(file, count: count)
    }
}

/// The system's random bytes (getrandom(2)).
public struct SystemRandom: Randomness, Sendable {
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
