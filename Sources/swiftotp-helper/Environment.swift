// nettle's archive reads NETTLE_FAT_VERBOSE and NETTLE_FAT_OVERRIDE when the program starts. The
// linker sends its calls here (`--wrap`), as it does in the module; what the C library itself
// would read is taken away by `Process.closeUp`.

/// Stands in for getenv(3): nothing is set.
@c(__wrap_getenv)
func environmentVariable(_ name: UnsafePointer<CChar>?) -> UnsafeMutablePointer<CChar>? { nil }

/// Stands in for secure_getenv(3): nothing is set.
@c(__wrap_secure_getenv)
func secureEnvironmentVariable(_ name: UnsafePointer<CChar>?) -> UnsafeMutablePointer<CChar>? {
    nil
}
