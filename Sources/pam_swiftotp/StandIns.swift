import CLinux
import CPAM

// The linker sends calls of these functions here (`--wrap`), for one of three reasons.

// MARK: What the caller of a setuid program can change

// nettle's archive reads NETTLE_FAT_VERBOSE and NETTLE_FAT_OVERRIDE when it is loaded, the first even
// in setuid programs. What it would print with is then never called, and is bound to these two as well
// (`--defsym`), so that libpam need not look it up at every load.

/// Stands in for getenv(3): nothing is set.
@c(__wrap_getenv)
func environmentVariable(_ name: UnsafePointer<CChar>?) -> UnsafeMutablePointer<CChar>? { nil }

/// Stands in for secure_getenv(3): nothing is set.
@c(__wrap_secure_getenv)
func secureEnvironmentVariable(_ name: UnsafePointer<CChar>?) -> UnsafeMutablePointer<CChar>? {
    nil
}

// MARK: What costs more than it brings

/// Stands in for nettle's question what the processor can do, at every load: nothing out of the
/// ordinary. In a virtual machine each of three such questions goes to the host, and takes longer
/// than all the hashing of a login.
@c(__wrap__nettle_cpuid)
func processorFeatures(_ question: UInt32, _ answer: UnsafeMutablePointer<UInt32>) {
    // SAFETY: nettle hands over room for four registers.
    for register in 0..<4 { unsafe answer[register] = 0 }
}

// MARK: What would be looked up by name at every load

// Each function that the module imports costs as much as a hash then. These are called seldom, or can
// be done without.

/// A function of the C library or libpam by its name (dlsym(3)).
func libraryFunction(_ name: StaticString) -> UnsafeMutableRawPointer? {
    // SAFETY: a literal ends with NUL. Its own address, because a String would be copied to memory
    // that may have to be asked for here.
    unsafe dlsym(nil, UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self))
}

/// Stands in for syscall(2), whose arguments come in registers whatever their number.
@c(__wrap_syscall)
func systemCall(
    _ number: Int, _ a: Int, _ b: Int, _ c: Int, _ d: Int, _ e: Int, _ f: Int
) -> Int {
    let result = swiftotp_system_call(number, a, b, c, d, e, f)
    guard (-4095 ... -1).contains(result) else { return result }
    unsafe errorNumber()?.pointee = CInt(-result)
    return -1
}

/// Stands in for __errno_location(3), behind which errno is: of the thread that logs in, a variable
/// of the module's. What a login reads there came from `systemCall`.
@c(__wrap___errno_location)
func errorNumber() -> UnsafeMutablePointer<CInt>? {
    if let ours = unsafe LoginMemory.errorNumber { return unsafe ours }
    typealias Locate = @convention(c) () -> UnsafeMutablePointer<CInt>?
    guard let function = unsafe libraryFunction("__errno_location") else { return nil }
    // SAFETY: the C library's own function, of the type that <errno.h> declares.
    return unsafe unsafeBitCast(function, to: Locate.self)()
}

/// Stands in for memcmp(3); only short texts are compared here.
@c(__wrap_memcmp)
func order(
    _ left: UnsafePointer<UInt8>, _ right: UnsafePointer<UInt8>, _ count: Int
) -> CInt {
    // SAFETY: the caller's own promise about two buffers of `count` bytes.
    for index in 0..<count where unsafe left[index] != right[index] {
        return unsafe CInt(left[index]) - CInt(right[index])
    }
    return 0
}

/// Stands in for bcmp(3), which the compiler makes out of comparisons.
@c(__wrap_bcmp)
func compare(
    _ left: UnsafePointer<UInt8>, _ right: UnsafePointer<UInt8>, _ count: Int
) -> CInt {
    unsafe order(left, right, count)
}

/// Stands in for strlen(3); texts are short here too.
@c(__wrap_strlen)
func length(_ text: UnsafePointer<CChar>) -> Int {
    var count = 0
    // SAFETY: the caller's own promise that the text ends with NUL.
    while unsafe text[count] != 0 { count += 1 }
    return count
}

/// Stands in for memcpy(3), which memmove(3) does as well.
@c(__wrap_memcpy)
func copy(
    _ target: UnsafeMutableRawPointer, _ source: UnsafeRawPointer, _ count: Int
) -> UnsafeMutableRawPointer? {
    // SAFETY: the caller's own promise about two buffers of `count` bytes.
    unsafe memmove(target, source, count)
}

/// Stands in for getgrnam_r(3), which only `exempt_group` needs.
@c(__wrap_getgrnam_r)
func findGroup(
    _ name: UnsafePointer<CChar>?, _ entry: UnsafeMutablePointer<group>?,
    _ buffer: UnsafeMutablePointer<CChar>?, _ length: Int,
    _ result: UnsafeMutablePointer<UnsafeMutablePointer<group>?>?
) -> CInt {
    typealias Find =
        @convention(c) (
            UnsafePointer<CChar>?, UnsafeMutablePointer<group>?, UnsafeMutablePointer<CChar>?,
            Int, UnsafeMutablePointer<UnsafeMutablePointer<group>?>?
        ) -> CInt
    guard let function = unsafe libraryFunction("getgrnam_r") else { return EIO }
    // SAFETY: the C library's own function, of the type that <grp.h> declares.
    return unsafe unsafeBitCast(function, to: Find.self)(name, entry, buffer, length, result)
}

/// Stands in for getgrouplist(3), likewise.
@c(__wrap_getgrouplist)
func listGroups(
    _ name: UnsafePointer<CChar>?, _ group: gid_t, _ groups: UnsafeMutablePointer<gid_t>?,
    _ count: UnsafeMutablePointer<CInt>?
) -> CInt {
    typealias List =
        @convention(c) (
            UnsafePointer<CChar>?, gid_t, UnsafeMutablePointer<gid_t>?, UnsafeMutablePointer<CInt>?
        ) -> CInt
    guard let function = unsafe libraryFunction("getgrouplist") else {
        // None, and room for more would not help.
        if let count = unsafe count { unsafe count.pointee = 0 }
        return -1
    }
    // SAFETY: the C library's own function, of the type that <grp.h> declares.
    return unsafe unsafeBitCast(function, to: List.self)(name, group, groups, count)
}

/// Stands in for nettle's failed assertions and smashed stacks: both end the process.
@c(__wrap___assert_fail)
func failedAssertion() { swiftotp_trap() }

/// See `failedAssertion`.
@c(__wrap___stack_chk_fail)
func smashedStack() { swiftotp_trap() }
