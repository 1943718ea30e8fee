import CLinux

/// A service for one login: `swiftotpd --stdio` on a socket of its own, started where nothing
/// listens, such as in a container without systemd.
///
/// What starts it may be a setuid program, such as su, whose caller has set limits, signals and a
/// terminal, and may kill what is theirs: none of that reaches the service. And it may be a program
/// that minds its children: a process in between waits for the service, is no child that wait(2)
/// shows, and sends no signal when it ends.
@safe
struct OwnService: ~Copyable {
    /// Our end of the connection.
    let socket: CInt
    /// The process in between.
    private let waiter: CInt

    /// How long the process in between may take to end, in milliseconds, once the connection is
    /// closed.
    private static var patience: Int { 2_000 }
    /// What the service may have: files for a login, and the stack that the C library expects.
    private static var openFiles: UInt64 { 1024 }
    private static var stack: UInt64 { 8 << 20 }

    /// Starts it; `nil` where that cannot be.
    @unsafe
    init?(_ program: UnsafePointer<CChar>) {
        var pair: (CInt, CInt) = (-1, -1)
        // SAFETY: the call fills two integers, which lie one behind the other.
        guard
            unsafe withUnsafeMutablePointer(
                to: &pair,
                {
                    unsafe swiftotp_socketpair(
                        UnsafeMutableRawPointer($0).assumingMemoryBound(to: CInt.self))
                }) == 0
        else { return nil }
        // It learns whose program this is from the kernel, with the first frame.
        _ = swiftotp_pass_credentials(pair.1)
        // No handler of the program's may run in a copy of it.
        var before: UInt64 = 0
        // SAFETY: a local that the call fills.
        unsafe swiftotp_block_signals(&before)
        let process = swiftotp_clone(0)
        if process == 0 { unsafe OwnService.wait(startingTo: program, pair.1) }
        swiftotp_restore_signals(before)
        swiftotp_close(pair.1)
        guard process > 0 else {
            swiftotp_close(pair.0)
            return nil
        }
        (socket, waiter) = (pair.0, process)
    }

    /// Waits until the process in between is gone, which is when the service is. The connection is
    /// closed already, so that it ends.
    consuming func end() {
        let end = Clock.now &+ OwnService.patience
        var pause = 200
        while swiftotp_reap(waiter, 0) == 0 {
            if Clock.now > end {
                swiftotp_kill(waiter)
                _ = swiftotp_reap(waiter, 1)
                return
            }
            swiftotp_sleep(pause)
            pause = min(pause &* 2, 20_000)
        }
    }

    // MARK: In the processes that were started

    // System calls alone from here on: these are copies of a program that may have had threads,
    // which may have had locks.

    /// Starts the service, waits until it has ended, and ends.
    @unsafe
    private static func wait(startingTo program: UnsafePointer<CChar>, _ socket: CInt) -> Never {
        swiftotp_begin_session()
        if swiftotp_become_root() != 0 { swiftotp_exit(126) }
        let process = swiftotp_clone(SIGCHLD)
        if process == 0 { unsafe start(program, socket) }
        _ = swiftotp_close_from(0)
        if process > 0 { _ = swiftotp_reap(process, 1) }
        swiftotp_exit(0)
    }

    /// Becomes the service.
    @unsafe
    private static func start(_ program: UnsafePointer<CChar>, _ socket: CInt) -> Never {
        swiftotp_begin_session()
        swiftotp_set_umask(0o077)
        for resource: CInt in 0..<16 { liftLimit(resource) }
        // Out of the way of 0 to 2, in case the program had closed those.
        let high = swiftotp_duplicate(socket, 3)
        let nothing = swiftotp_open_null()
        guard high >= 0, nothing >= 0, swiftotp_duplicate_as(nothing, 1) == 1,
            swiftotp_duplicate_as(nothing, 2) == 2, swiftotp_duplicate_as(high, 0) == 0
        else { swiftotp_exit(126) }
        guard swiftotp_close_from(3) == 0 else { swiftotp_exit(126) }
        unsafe swiftotp_run_stdio(program)
        swiftotp_exit(127)
    }

    /// Takes away what the caller has limited; where that is not allowed, as far as it is.
    private static func liftLimit(_ resource: CInt) {
        switch resource {
        case swiftotp_limit_files: swiftotp_lift_limit(resource, openFiles)
        case swiftotp_limit_stack: swiftotp_lift_limit(resource, stack)
        default: swiftotp_lift_limit(resource, .max)
        }
    }
}
