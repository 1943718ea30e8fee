import CLinux

/// What the kernel knows of its clock (adjtimex(2)), which is asked and not changed.
struct KernelClock {
    /// Whether something has set it by the network, and not long ago.
    let isSynchronized: Bool
    /// How far it may be off at most, in milliseconds.
    let maximumError: Int

    /// `nil` where the kernel does not tell, as in some containers.
    init?() {
        var error = 0
        // SAFETY: a local that the call fills.
        let state = unsafe swiftotp_clock_state(&error)
        guard state >= 0 else { return nil }
        isSynchronized = state == 1
        maximumError = error / 1000
    }
}
