// nettle's archive reads NETTLE_FAT_VERBOSE and NETTLE_FAT_OVERRIDE when it is loaded, the first
// even in setuid programs. The linker sends its calls here (`--wrap`), so that no variable of
// the caller's reaches any code in the module. What it would print with is then never called, and
// is bound to these two as well (`--defsym`), so that libpam need not look it up at every load.

/// Stands in for getenv(3): nothing is set.
@c(__wrap_getenv)
func environmentVariable(_ name: UnsafePointer<CChar>?) -> UnsafeMutablePointer<CChar>? { nil }

/// Stands in for secure_getenv(3): nothing is set.
@c(__wrap_secure_getenv)
func secureEnvironmentVariable(_ name: UnsafePointer<CChar>?) -> UnsafeMutablePointer<CChar>? {
    nil
}
