import CLinux
import Glibc
import OTPCore

// The system calls of the store. Besides `QRLibrary.swift`, `System+Folders.swift`,
// `SystemUsers.swift` and `SystemUsers+Everybody.swift`, the only file in OTPStore with unsafe
// code: every function takes spans and arrays, and reads errno directly after the call.

enum System {
    /// Calls `body` with `text` as a C string.
    static func withCString(_ text: [UInt8], _ body: (UnsafePointer<CChar>) -> CInt) -> CInt {
        let count = text.count
        // SAFETY: the memory has room for the text and a NUL, and lives through the call. It is on
        // the stack, because every file of a login comes through here.
        return unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: count + 1) { room in
            guard let start = room.baseAddress else { return -1 }
            unsafe text.withUnsafeBytes { bytes in
                if let from = bytes.baseAddress { _ = unsafe memcpy(start, from, count) }
            }
            unsafe start[count] = 0
            return unsafe body(start)
        }
    }

    /// How folders are opened: only to walk through and to stat, which is all that most of them
    /// need, and cheapest.
    static var folder: CInt { __O_PATH | O_DIRECTORY }

    /// Opens the root folder.
    static func openRoot() throws(Errno) -> FileDescriptor {
        try retrying { unsafe openat(AT_FDCWD, "/", folder | always, 0) }
    }

    /// openat(2), always with O_CLOEXEC, O_NOFOLLOW and O_NOCTTY.
    static func open(
        _ name: [UInt8], in directory: borrowing FileDescriptor, _ flags: CInt, mode: UInt32 = 0
    ) throws(Errno) -> FileDescriptor {
        let number = directory.number
        // SAFETY: the name is a C string that lives through the call.
        return try retrying {
            unsafe withCString(name) { unsafe openat(number, $0, flags | always, mode) }
        }
    }

    /// Whether nothing exists at the absolute `path`.
    static func isMissing(_ path: [UInt8]) -> Bool {
        // SAFETY: the path is a C string that lives through the call.
        let number = unsafe withCString(path) {
            unsafe openat(AT_FDCWD, $0, O_RDONLY | O_NONBLOCK | always, 0)
        }
        guard number >= 0 else { return Errno.last.number == ENOENT }
        _ = close(number)
        return false
    }

    private static var always: CInt { O_CLOEXEC | O_NOFOLLOW | O_NOCTTY }

    private static func retrying(_ open: () -> CInt) throws(Errno) -> FileDescriptor {
        var retries = Retries()
        while true {
            let number = open()
            if number >= 0 { return FileDescriptor(number) }
            let error = Errno.last
            if !retries.allow(error) { throw error }
        }
    }

    /// fstat(2).
    static func status(of file: borrowing FileDescriptor) throws(Errno) -> FileStatus {
        var status = stat()
        // SAFETY: a local that the call fills.
        guard unsafe fstat(file.number, &status) == 0 else { throw .last }
        return FileStatus(
            mode: status.st_mode, owner: status.st_uid, links: UInt64(status.st_nlink),
            size: Int64(status.st_size))
    }

    /// Reads the first `count` bytes (pread(2)); fewer only if the file ends before.
    static func read(_ file: borrowing FileDescriptor, count: Int) throws(Errno) -> [UInt8] {
        let number = file.number
        var failure: Errno?
        var retries = Retries()
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                // SAFETY: writes at most `count - filled` bytes after the `filled` ones.
                let rest = unsafe UnsafeMutableRawBufferPointer(
                    rebasing: UnsafeMutableRawBufferPointer(buffer)[filled..<count])
                let got = unsafe pread(number, rest.baseAddress, rest.count, filled)
                if got > 0 {
                    filled += got
                } else if got == 0 {
                    return
                } else {
                    let error = Errno.last
                    if retries.allow(error) { continue }
                    failure = error
                    return
                }
            }
        }
        if let failure { throw failure }
        return bytes
    }

    /// Writes `bytes` at `offset`, followed by zeros up to `length` bytes in all (at most 4096
    /// more), in one pwritev(2): a process that is killed has written all of it or nothing.
    static func write(
        _ bytes: [UInt8], to file: borrowing FileDescriptor, at offset: Int,
        zerosUpTo length: Int = 0
    ) throws(Errno) {
        let (number, total) = (file.number, max(length, bytes.count))
        var done = 0
        var retries = Retries()
        while done < total {
            let (own, rest) = (min(done, bytes.count), max(0, total - max(done, bytes.count)))
            // SAFETY: reads the bytes after the `own` ones, and at most 4096 of the zeros.
            let wrote = unsafe bytes.withUnsafeBytes { buffer in
                let left = unsafe UnsafeRawBufferPointer(rebasing: buffer[own...])
                return unsafe swiftotp_pwrite_padded(
                    number, left.baseAddress, left.count, rest, offset + done)
            }
            if wrote > 0 {
                done += wrote
                continue
            }
            let error = Errno.last
            if wrote == 0 { throw Errno(number: EIO) }
            if !retries.allow(error) { throw error }
        }
    }

    /// Has an empty file overwritten in place from now on, even if the file system copies on write
    /// (btrfs): then later writes need no new space. File systems that do not know this do so
    /// anyway, or cannot.
    static func overwriteInPlace(_ file: borrowing FileDescriptor) {
        swiftotp_overwrite_in_place(file.number)
    }

    /// Throws if the caller's limits do not let a file grow to `size`: a write cut off by the limit
    /// would leave half of the old bytes.
    static func checkLimit(of size: Int) throws(Errno) {
        guard swiftotp_may_write_to(size) != 0 else { throw Errno(number: EFBIG) }
    }

    /// fdatasync(2). A failure is final: afterwards the pages count as clean.
    static func syncData(_ file: borrowing FileDescriptor) throws(Errno) {
        guard fdatasync(file.number) == 0 else { throw .last }
    }

    /// fsync(2) of a new file.
    static func sync(_ file: borrowing FileDescriptor) throws(Errno) {
        guard fsync(file.number) == 0 else { throw .last }
    }

    /// fsync(2) of a folder, so that the names in it survive a power cut.
    static func syncFolder(_ folder: borrowing FileDescriptor) throws(Errno) {
        try sync(try open([UInt8(ascii: ".")], in: folder, O_RDONLY | O_DIRECTORY))
    }

    /// Tries to lock (flock(2)) without waiting; `false` if somebody else holds the lock.
    static func tryLock(_ file: borrowing FileDescriptor, shared: Bool) throws(Errno) -> Bool {
        var retries = Retries()
        while true {
            if flock(file.number, (shared ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0 {
                return true
            }
            let error = Errno.last
            if error.number == EWOULDBLOCK { return false }
            if !retries.allow(error) { throw error }
        }
    }

    /// Unlocks (flock(2)); closing would as well.
    static func unlock(_ file: borrowing FileDescriptor) {
        _ = flock(file.number, LOCK_UN)
    }

    /// Whether all bytes in `range` are zero; `false` if it is out of bounds.
    static func isZero(_ bytes: [UInt8], _ range: Range<Int>) -> Bool {
        guard range.lowerBound >= 0, range.upperBound <= bytes.count else { return false }
        var seen: UInt8 = 0
        // SAFETY: everything read is in `range`, which was checked. Every byte is read, so that the
        // compiler can vectorize it.
        unsafe bytes.withUnsafeBytes { buffer in
            for offset in range { seen |= unsafe buffer[offset] }
        }
        return seen == 0
    }

    /// Fills `count` bytes from getrandom(2), waiting for the pool at boot.
    static func random(_ count: Int) throws(Errno) -> [UInt8] {
        var failure: Errno?
        var retries = Retries()
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                // SAFETY: writes at most `count - filled` bytes after the `filled` ones.
                let rest = unsafe UnsafeMutableRawBufferPointer(
                    rebasing: UnsafeMutableRawBufferPointer(buffer)[filled..<count])
                let got = unsafe getrandom(rest.baseAddress, rest.count, 0)
                if got > 0 {
                    filled += got
                } else {
                    let error = Errno.last
                    if got < 0 && retries.allow(error) { continue }
                    failure = error
                    return
                }
            }
        }
        if let failure { throw failure }
        return bytes
    }

    /// clock_gettime(2): seconds and nanoseconds.
    static func time(_ clock: clockid_t) throws(Errno) -> (seconds: Int64, nanoseconds: Int64) {
        var time = timespec()
        // SAFETY: a local that the call fills.
        guard unsafe clock_gettime(clock, &time) == 0 else { throw Errno(number: EINVAL) }
        return (Int64(time.tv_sec), Int64(time.tv_nsec))
    }

    /// Sleeps (nanosleep(2)); a signal may end it early.
    static func sleep(milliseconds: Int) { usleep(UInt32(clamping: milliseconds) * 1000) }
}
