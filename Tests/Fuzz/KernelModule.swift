import CLinux

/// A system call of the module, which makes all of them with syscall(2) (`shim.h`); `nil` for other
/// calls. A process that the module starts makes no calls, as it is never really started here.
func moduleCall(_ number: CInt, _ a: Int, _ b: Int, _ c: Int, _ d: Int, _ e: Int) -> Int? {
    let file = CInt(truncatingIfNeeded: a)
    switch number {
    case SYS_close: return Int(closeFile(file))
    case SYS_socket:
        return Int(makeSocket(file, CInt(truncatingIfNeeded: b), CInt(truncatingIfNeeded: c)))
    case SYS_connect: return Int(connectSocket(file, pointer(b), UInt32(truncatingIfNeeded: c)))
    case SYS_sendmsg: return sendMessage(file, pointer(b), CInt(truncatingIfNeeded: c))
    case SYS_recvfrom:
        let place = UnsafeMutableRawPointer(bitPattern: b)
        return receiveBytes(file, place, c, CInt(truncatingIfNeeded: d))
    case SYS_getsockopt:
        let value = UnsafeMutableRawPointer(bitPattern: d)
        let (level, name) = (CInt(truncatingIfNeeded: b), CInt(truncatingIfNeeded: c))
        return Int(socketOption(file, level, name, value, UnsafeMutablePointer(bitPattern: e)))
    case SYS_setsockopt: return Int(setSocketOption(file))
    case SYS_ppoll: return Int(pollFor(UnsafeMutablePointer(bitPattern: a), b, pointer(c)))
    case SYS_nanosleep:
        kernel?.sleep(pointer(a))
        return 0
    case SYS_getpid: return Int(processNumber())
    case SYS_getuid: return Int(realUserNumber())
    case SYS_geteuid: return Int(userNumber())
    default: return ownServiceCall(number, a, b, c, d)
    }
}

/// The module's calls to start and end a service for one login.
private func ownServiceCall(_ number: CInt, _ a: Int, _ b: Int, _ c: Int, _ d: Int) -> Int? {
    let first = CInt(truncatingIfNeeded: a)
    switch number {
    case SYS_socketpair:
        let (type, kind) = (CInt(truncatingIfNeeded: b), CInt(truncatingIfNeeded: c))
        return Int(makeSocketPair(first, type, kind, UnsafeMutablePointer(bitPattern: d)))
    // There are no signals here.
    case SYS_rt_sigprocmask: return 0
    case SYS_clone: return call { kernel, _ in kernel.child.start() }
    case SYS_kill: return Int(killProcess(first, CInt(truncatingIfNeeded: b)))
    case SYS_wait4: return Int(waitForProcess(first, CInt(truncatingIfNeeded: c)))
    default: return nil
    }
}

private func pointer<Some>(_ address: Int) -> UnsafePointer<Some>? {
    UnsafePointer(bitPattern: address)
}

private func pollFor(
    _ files: UnsafeMutablePointer<pollfd>?, _ count: Int, _ patience: UnsafePointer<timespec>?
) -> CInt {
    guard let time = patience?.pointee else { mistake("a wait without an end") }
    return pollFiles(files, UInt(count), CInt(time.tv_sec * 1000 + time.tv_nsec / 1_000_000))
}

extension Kernel {
    fileprivate func sleep(_ time: UnsafePointer<timespec>?) {
        guard let time = time?.pointee else { mistake("a pause without an end") }
        upTime += Int64(time.tv_sec * 1_000_000_000 + time.tv_nsec)
    }
}
