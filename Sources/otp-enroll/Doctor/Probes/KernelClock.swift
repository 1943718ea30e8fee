import CLinux

/// What the kernel says about its clock (adjtimex(2)), which is not changed.
struct KernelClock {
    /// Whether it was recently set from the network.
    let isSynchronized: Bool
    /// The most that it may be off, in milliseconds.
    let maximumError: Int

    /// `nil` if the kernel does not say, as in some containers.
    init?() {
        var error = 0
        // SAFETY: a local that the call fills.
        let state = unsafe swiftotp_clock_state(&error)
        guard state >= 0 else { return nil }
        isSynchronized = state == 1
        maximumError = error / 1000
    }
}
