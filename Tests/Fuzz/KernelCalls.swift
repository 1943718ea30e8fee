import CLinux

// The linker sends the module's system calls here (`--wrap`). Outside of a login they go where
// they always went: libFuzzer and its sanitizer have needs of their own.

/// The kernel of the login that runs; `nil` for none.
nonisolated(unsafe) var kernel: Kernel?

private typealias Call = @convention(c) (Int, Int, Int, Int, Int, Int, Int) -> Int
private typealias Time = @convention(c) (clockid_t, UnsafeMutablePointer<timespec>?) -> CInt
nonisolated(unsafe) private let next = UnsafeMutableRawPointer(bitPattern: -1)
nonisolated(unsafe) private let realCall = unsafeBitCast(dlsym(next, "syscall"), to: Call.self)
nonisolated(unsafe) private let realTime = unsafeBitCast(
    dlsym(next, "clock_gettime"), to: Time.self)

/// Stands in for syscall(2), whose arguments come in registers whatever their number.
@_cdecl("__wrap_syscall")
public func systemCall(
    _ number: Int, _ a: Int, _ b: Int, _ c: Int, _ d: Int, _ e: Int, _ f: Int
) -> Int {
    guard let kernel else { return realCall(number, a, b, c, d, e, f) }
    let number = CInt(truncatingIfNeeded: number)
    // What is an int has no more than 32 bits that count.
    let isInt = number != SYS_getrandom && number != SYS_nanosleep
    let result = kernel.call(number, isInt ? Int(CInt(truncatingIfNeeded: a)) : a, b, c, d)
    guard result < 0 else { return result }
    __errno_location().pointee = CInt(truncatingIfNeeded: -result)
    return -1
}

/// Stands in for clock_gettime(2).
@_cdecl("__wrap_clock_gettime")
public func clockTime(_ clock: clockid_t, _ time: UnsafeMutablePointer<timespec>?) -> CInt {
    guard let kernel else { return realTime(clock, time) }
    if case .number(let number) = kernel.faults.next() {
        __errno_location().pointee = number
        return -1
    }
    if clock == CLOCK_REALTIME {
        time?.pointee = timespec(tv_sec: Int(kernel.realTime), tv_nsec: 500_000_000)
    } else {
        kernel.upTime += 1000
        time?.pointee = timespec(
            tv_sec: Int(kernel.upTime / 1_000_000_000), tv_nsec: Int(kernel.upTime % 1_000_000_000))
    }
    return 0
}

private func text(_ address: Int) -> [UInt8] {
    guard let start = UnsafePointer<CChar>(bitPattern: address) else { return [] }
    return Array(UnsafeRawBufferPointer(start: start, count: strlen(start)))
}

/// Gives bytes to the caller; how many.
private func give(_ bytes: [UInt8], to address: Int) -> Int {
    if let start = UnsafeMutableRawPointer(bitPattern: address) {
        bytes.withUnsafeBytes { if let from = $0.baseAddress { memcpy(start, from, $0.count) } }
    }
    return bytes.count
}

extension Kernel {
    /// Does a call, or fails it.
    func call(_ number: CInt, _ a: Int, _ b: Int, _ c: Int, _ d: Int) -> Int {
        switch number {
        case SYS_close: return close(a)
        case SYS_geteuid: return Int(user)
        // No limit that could be told; it is no call that a record hangs on.
        case SYS_prlimit64: return -Int(EPERM)
        case SYS_ioctl: return -Int(ENOTTY)
        case SYS_nanosleep:
            guard let time = UnsafePointer<timespec>(bitPattern: a)?.pointee else { return 0 }
            upTime += Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
            return 0
        case SYS_flock where CInt(truncatingIfNeeded: b) & LOCK_UN != 0: return lock(a, LOCK_UN)
        default: break
        }
        let fault = faults.next()
        if case .number(let error) = fault {
            if number == SYS_fsync || number == SYS_fdatasync, !faults.lasts { failSync(a) }
            return -Int(error)
        }
        return fileCall(number, a, b, c, d, isShort: fault == .short)
            ?? socketCall(number, b, c, d) ?? { mistake("system call \(number)") }()
    }

    private func fileCall(
        _ number: CInt, _ a: Int, _ b: Int, _ c: Int, _ d: Int, isShort: Bool
    ) -> Int? {
        switch number {
        case SYS_openat:
            return open(
                a, text(b), CInt(truncatingIfNeeded: c), UInt32(truncatingIfNeeded: d))
        case SYS_fstat: return status(a, b)
        case SYS_pread64:
            guard let bytes = read(a, isShort ? max(1, c / 2) : c, d) else { return -Int(EISDIR) }
            return give(bytes, to: b)
        case SYS_pwritev:
            guard let parts = UnsafePointer<iovec>(bitPattern: b) else { return -Int(EFAULT) }
            var bytes: [UInt8] = []
            for part in UnsafeBufferPointer(start: parts, count: c) where part.iov_len > 0 {
                bytes += UnsafeRawBufferPointer(start: part.iov_base, count: part.iov_len)
            }
            return write(a, isShort ? Array(bytes.prefix(max(1, bytes.count / 2))) : bytes, d)
        case SYS_flock: return lock(a, CInt(truncatingIfNeeded: b))
        case SYS_fsync, SYS_fdatasync: return sync(a)
        case SYS_unlinkat: return remove(a, text(b))
        case SYS_renameat2: return rename(a, text(b), text(d))
        case SYS_mkdirat: return -Int(EEXIST)
        case SYS_getrandom: return give((0..<b).map { _ in randomByte() }, to: a)
        case SYS_getdents64: return list(a, b, c)
        default: return nil
        }
    }

    /// swiftotp-helper's end of a connection, which says what the input says.
    private func socketCall(_ number: CInt, _ b: Int, _ c: Int, _ d: Int) -> Int? {
        switch number {
        case SYS_socket: return socket()
        case SYS_connect: return 0
        case SYS_getsockopt:
            // Process 1 of root is at the other end.
            _ = give([1, 0, 0, 0] + [UInt8](repeating: 0, count: 8), to: d)
            return 0
        case SYS_sendto: return c
        case SYS_ppoll:
            upTime += 1_000_000
            return 1
        case SYS_read: return give(receive(c), to: b)
        default: return nil
        }
    }

    private func status(_ number: Int, _ address: Int) -> Int {
        guard let file = file(number) else { return -Int(EBADF) }
        var status = stat()
        status.st_mode = file.mode | UInt32(file.isFolder ? S_IFDIR : S_IFREG)
        status.st_uid = file.owner
        status.st_nlink = numericCast(file.isRemoved ? 0 : file.links)
        status.st_size = (showsDisk ? file.disk : file.data).count
        UnsafeMutablePointer<stat>(bitPattern: address)?.pointee = status
        return 0
    }

    private func list(_ number: Int, _ address: Int, _ count: Int) -> Int {
        guard let names = names(number) else { return -Int(ENOTDIR) }
        var bytes: [UInt8] = []
        for name in names {
            let size = (19 + name.count + 1 + 7) / 8 * 8
            guard bytes.count + size <= count else { break }
            bytes += [UInt8](repeating: 0, count: 16)
            bytes += [UInt8(size & 0xff), UInt8(size >> 8), 8]
            bytes += name + [UInt8](repeating: 0, count: size - 19 - name.count)
        }
        return give(bytes, to: address)
    }
}
