// What Swift's own library calls of the C library for a login. It is a shared library, which
// `--wrap` does not reach: what is called by these names is found in the program first. An object
// of its own, because `--wrap` leaves alone who calls a function of the same object.

@_silgen_name("__wrap_openat")
private func openFile(
    _ folder: CInt, _ path: UnsafePointer<CChar>?, _ flags: CInt, _ mode: UInt32
) -> CInt

@_cdecl("openat")
public func openat(
    _ folder: CInt, _ path: UnsafePointer<CChar>?, _ flags: CInt, _ mode: UInt32
) -> CInt {
    openFile(folder, path, flags, mode)
}

@_silgen_name("fuzz_shared_clock")
private func clockTime(_ clock: CInt, _ time: UnsafeMutableRawPointer?) -> CInt

@_cdecl("clock_gettime")
public func clockGetTime(_ clock: CInt, _ time: UnsafeMutableRawPointer?) -> CInt {
    clockTime(clock, time)
}
