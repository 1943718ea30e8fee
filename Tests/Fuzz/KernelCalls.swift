import CLinux

// The linker redirects a login's calls of the C library to here (`--wrap` in Tests/fuzz), where a
// kernel in memory answers. libFuzzer and its sanitizer also make some of these calls outside of a
// login: those go to the real ones.

/// The kernel of the running login; `nil` for none.
nonisolated(unsafe) var kernel: Kernel?

/// Runs a call in the kernel of the running login, or fails it. A negative result is an error
/// number, and becomes -1 and errno.
func call(_ body: (_ kernel: Kernel, _ isShort: Bool) -> Int) -> Int {
    guard let kernel else { mistake("a call outside of a login") }
    switch kernel.faults.next() {
    case .number(let error): return result(-Int(error))
    case .short: return result(body(kernel, true))
    case nil: return result(body(kernel, false))
    }
}

private func result(_ number: Int) -> Int {
    guard number < 0 else { return number }
    __errno_location().pointee = CInt(truncatingIfNeeded: -number)
    return -1
}

private func text(_ start: UnsafePointer<CChar>?) -> [UInt8] {
    guard let start else { return [] }
    return Array(UnsafeRawBufferPointer(start: start, count: strlen(start)))
}

// MARK: Files

private typealias Open = @convention(c) (CInt, UnsafePointer<CChar>?, CInt, UInt32) -> CInt
nonisolated(unsafe) private let next = UnsafeMutableRawPointer(bitPattern: -1)
nonisolated(unsafe) private let realOpen = unsafeBitCast(dlsym(next, "openat"), to: Open.self)

@_cdecl("__wrap_openat")
public func openFile(
    _ folder: CInt, _ path: UnsafePointer<CChar>?, _ flags: CInt, _ mode: UInt32
) -> CInt {
    guard kernel != nil else { return realOpen(folder, path, flags, mode) }
    return CInt(call { kernel, _ in kernel.open(Int(folder), text(path), flags, mode) })
}

@_silgen_name("__real_close")
private func realClose(_ file: CInt) -> CInt

/// Never fails: a file is closed, whatever the result.
@_cdecl("__wrap_close")
public func closeFile(_ file: CInt) -> CInt {
    guard let kernel else { return realClose(file) }
    return CInt(kernel.close(Int(file)))
}

@_cdecl("__wrap_fstat")
public func fileStatus(_ file: CInt, _ status: UnsafeMutablePointer<stat>?) -> CInt {
    CInt(
        call { kernel, _ in
            guard let file = kernel.file(Int(file)) else { return -Int(EBADF) }
            var found = stat()
            found.st_mode = file.mode | UInt32(file.isFolder ? S_IFDIR : S_IFREG)
            found.st_uid = file.owner
            found.st_nlink = numericCast(file.isRemoved ? 0 : file.links)
            found.st_size = (kernel.showsDisk ? file.disk : file.data).count
            status?.pointee = found
            return 0
        })
}

@_cdecl("__wrap_pread")
public func readFile(
    _ file: CInt, _ place: UnsafeMutableRawPointer?, _ count: Int, _ offset: Int
) -> Int {
    call { kernel, isShort in
        let count = isShort ? max(1, count / 2) : count
        guard let bytes = kernel.read(Int(file), count, offset) else { return -Int(EISDIR) }
        if !bytes.isEmpty { place?.copyMemory(from: bytes, byteCount: bytes.count) }
        return bytes.count
    }
}

@_cdecl("__wrap_pwritev")
public func writeFile(
    _ file: CInt, _ parts: UnsafePointer<iovec>?, _ count: CInt, _ offset: Int
) -> Int {
    call { kernel, isShort in
        var bytes: [UInt8] = []
        for part in UnsafeBufferPointer(start: parts, count: Int(count)) where part.iov_len > 0 {
            bytes += UnsafeRawBufferPointer(start: part.iov_base, count: part.iov_len)
        }
        // What is as short as a mark, and in one page, no kernel cuts.
        if isShort, bytes.count > RecordLayout.markSize {
            bytes = Array(bytes.prefix(bytes.count / 2))
        }
        return kernel.write(Int(file), bytes, offset)
    }
}

@_cdecl("__wrap_flock")
public func lockFile(_ file: CInt, _ operation: CInt) -> CInt {
    // No kernel refuses to unlock.
    if operation & LOCK_UN != 0 { return CInt(kernel?.lock(Int(file), operation) ?? 0) }
    return CInt(call { kernel, _ in kernel.lock(Int(file), operation) })
}

/// A sync that fails once fails for good: the pages count as clean afterwards.
@_cdecl("__wrap_fsync")
public func syncFile(_ file: CInt) -> CInt {
    let done = call { kernel, _ in kernel.sync(Int(file)) }
    if done < 0, let kernel, !kernel.faults.lasts { kernel.failSync(Int(file)) }
    return CInt(done)
}

@_cdecl("__wrap_fdatasync")
public func syncFileData(_ file: CInt) -> CInt { syncFile(file) }

@_cdecl("__wrap_unlinkat")
public func removeFile(_ folder: CInt, _ name: UnsafePointer<CChar>?, _ flags: CInt) -> CInt {
    CInt(call { kernel, _ in kernel.remove(Int(folder), text(name)) })
}

@_cdecl("__wrap_mkdirat")
public func makeFolder(_ folder: CInt, _ name: UnsafePointer<CChar>?, _ mode: UInt32) -> CInt {
    CInt(call { _, _ in -Int(EEXIST) })
}

/// Calls without a function of their own in <unistd.h>.
@_cdecl("__wrap_syscall")
public func systemCall(
    _ number: Int, _ a: Int, _ b: Int, _ c: Int, _ d: Int, _ e: Int, _ f: Int
) -> Int {
    // Used by Swift's mutex.
    if number == Int(SYS_gettid) { return 4711 }
    if let done = moduleCall(CInt(truncatingIfNeeded: number), a, b, c, d, e) { return done }
    return call { kernel, _ in
        let file = Int(CInt(truncatingIfNeeded: a))
        switch CInt(truncatingIfNeeded: number) {
        case SYS_renameat2:
            return kernel.rename(
                file, text(UnsafePointer(bitPattern: b)), text(UnsafePointer(bitPattern: d)))
        case SYS_getdents64:
            guard let bytes = kernel.list(file, c) else { return -Int(ENOTDIR) }
            UnsafeMutableRawPointer(bitPattern: b)?.copyMemory(from: bytes, byteCount: bytes.count)
            return bytes.count
        case SYS_ioctl: return -Int(ENOTTY)
        default: mistake("system call \(number)")
        }
    }
}

@_cdecl("__wrap_getrandom")
public func fillRandom(_ place: UnsafeMutableRawPointer?, _ count: Int, _ flags: UInt32) -> Int {
    call { kernel, _ in
        let bytes = (0..<count).map { _ in kernel.randomByte() }
        if !bytes.isEmpty { place?.copyMemory(from: bytes, byteCount: count) }
        return count
    }
}

// MARK: Time

private typealias Time = @convention(c) (clockid_t, UnsafeMutablePointer<timespec>?) -> CInt
nonisolated(unsafe) private let realTime = unsafeBitCast(
    dlsym(next, "clock_gettime"), to: Time.self)

@_cdecl("__wrap_clock_gettime")
public func clockTime(_ clock: clockid_t, _ time: UnsafeMutablePointer<timespec>?) -> CInt {
    guard let kernel else { return realTime(clock, time) }
    // All waits use the clock that no kernel refuses.
    if clock == CLOCK_MONOTONIC {
        kernel.upTime += 1000
        time?.pointee = kernel.timeSinceStart
        return 0
    }
    return CInt(
        call { kernel, _ in
            let now = timespec(tv_sec: Int(kernel.realTime), tv_nsec: 500_000_000)
            time?.pointee = clock == CLOCK_REALTIME ? now : kernel.timeSinceStart
            return 0
        })
}

/// The clock of Swift's own library, which aborts if it fails. Other callers in shared libraries,
/// such as libFuzzer, ask for the time of day, and get the real one.
@_cdecl("fuzz_shared_clock")
public func sharedClockTime(_ clock: clockid_t, _ time: UnsafeMutablePointer<timespec>?) -> CInt {
    guard let kernel, clock != CLOCK_REALTIME else { return realTime(clock, time) }
    time?.pointee = kernel.timeSinceStart
    return 0
}

@_cdecl("__wrap_usleep")
public func sleepFor(_ microseconds: UInt32) -> CInt {
    guard let kernel else { mistake("a pause outside of a login") }
    kernel.upTime += Int64(microseconds) * 1000
    return 0
}

extension Kernel {
    fileprivate var timeSinceStart: timespec {
        timespec(tv_sec: Int(upTime / 1_000_000_000), tv_nsec: Int(upTime % 1_000_000_000))
    }

    /// The names in a folder, in the form of getdents64(2).
    fileprivate func list(_ number: Int, _ room: Int) -> [UInt8]? {
        guard let names = names(number) else { return nil }
        var bytes: [UInt8] = []
        for name in names {
            let size = (19 + name.count + 1 + 7) / 8 * 8
            guard bytes.count + size <= room else { break }
            bytes += [UInt8](repeating: 0, count: 16)
            bytes += [UInt8(size & 0xff), UInt8(size >> 8), 8]
            bytes += name + [UInt8](repeating: 0, count: size - 19 - name.count)
        }
        return bytes
    }
}
