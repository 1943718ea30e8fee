import CLinux

/// A service for one login: `swiftotpd --stdio` on a socket of its own, started if nothing listens,
/// such as in a container without systemd.
///
/// It may be started from a setuid program, such as su, whose caller has set limits, signals and a
/// terminal, and may kill their own processes: none of that reaches the service. And the program
/// may mind unknown children: the process in between, which waits for the service, is not a child
/// that wait(2) shows, and sends no signal when it ends.
@safe
struct OwnService: ~Copyable {
    /// Our end of the connection.
    let socket: CInt
    /// The process in between.
    private let waiter: CInt

    /// How long the process in between may take to exit after the connection is closed, in
    /// milliseconds.
    private static var patience: Int { 2_000 }
    /// The service's limits: files for a login, and the stack that the C library expects.
    private static var openFiles: UInt64 { 1024 }
    private static var stack: UInt64 { 8 << 20 }

    /// Starts it; `nil` if that fails.
    @unsafe
    init?(_ program: UnsafePointer<CChar>) {
        var pair: (CInt, CInt) = (-1, -1)
        // SAFETY: the call fills two adjacent integers.
        guard
            unsafe withUnsafeMutablePointer(
                to: &pair,
                {
                    unsafe swiftotp_socketpair(
                        UnsafeMutableRawPointer($0).assumingMemoryBound(to: CInt.self))
                }) == 0
        else { return nil }
        // The service learns from the kernel, with the first frame, whose program this is.
        _ = swiftotp_pass_credentials(pair.1)
        // No signal handler of the program may run in a copy of it.
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

    /// Waits for the process in between to exit, which it does when the service has. The connection
    /// is already closed, so the service exits.
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

    // Only system calls from here on: these are copies of a program that may have had threads,
    // which may have held locks.

    /// Starts the service, waits for it to exit, and exits.
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
        // Above 0 to 2, in case the program had closed those.
        let high = swiftotp_duplicate(socket, 3)
        let nothing = swiftotp_open_null()
        guard high >= 0, nothing >= 0, swiftotp_duplicate_as(nothing, 1) == 1,
            swiftotp_duplicate_as(nothing, 2) == 2, swiftotp_duplicate_as(high, 0) == 0
        else { swiftotp_exit(126) }
        guard swiftotp_close_from(3) == 0 else { swiftotp_exit(126) }
        unsafe swiftotp_run_stdio(program)
        swiftotp_exit(127)
    }

    /// Lifts a limit set by the caller, as far as that is allowed.
    private static func liftLimit(_ resource: CInt) {
        switch resource {
        case swiftotp_limit_files: swiftotp_lift_limit(resource, openFiles)
        case swiftotp_limit_stack: swiftotp_lift_limit(resource, stack)
        default: swiftotp_lift_limit(resource, .max)
        }
    }
}
