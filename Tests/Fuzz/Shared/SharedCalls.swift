// The calls of Swift's own library to the C library during a login. It is a shared library, out of
// reach of `--wrap`: symbols with these names are found in the program first. In an object of its
// own, because `--wrap` does not redirect calls within one object.

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
