/// What differs between the processors that swiftotp is built for.
public enum Machine {
    #if arch(arm64)
        /// The processor, as the kernel and rpm name it.
        public static let processor = "aarch64"
        /// The program that starts all others.
        public static let loader = "ld-linux-aarch64.so.1"
        public static let isARM = true
    #else
        public static let processor = "x86_64"
        public static let loader = "ld-linux-x86-64.so.2"
        public static let isARM = false
    #endif
    /// The folder of this processor's libraries on Debian.
    public static let libraries = "/usr/lib/\(processor)-linux-gnu"
}
