import CLinux

// What the C library and the kernel tell of a process beyond proc(5). The functions are found by
// name, because the headers that declare them are not among those of the module.

/// What each signal leads to: handlers, flags and masks, as one hash.
func signalActions() -> String {
    typealias Function = @convention(c) (CInt, UnsafeRawPointer?, UnsafeMutableRawPointer?) -> CInt
    guard let symbol = unsafe dlsym(nil, "sigaction") else { return "unknown" }
    // SAFETY: the function of sigaction(2), which fills 152 bytes at most and changes nothing
    // where it is given no action.
    let function = unsafe unsafeBitCast(symbol, to: Function.self)
    var hash = Hash()
    for number in 1...CInt(64) {
        var action = [UInt8](repeating: 0, count: 256)
        _ = unsafe action.withUnsafeMutableBytes { unsafe function(number, nil, $0.baseAddress) }
        // The handler, and the 64 bits of the mask that the kernel has; then the flags. The rest is
        // whatever the C library had on its stack.
        for byte in action[0..<16] + action[136..<140] { hash.add(byte) }
    }
    return hash.text
}

/// The alternate stack for signal handlers.
func signalStack() -> String {
    typealias Function = @convention(c) (UnsafeRawPointer?, UnsafeMutableRawPointer?) -> CInt
    guard let symbol = unsafe dlsym(nil, "sigaltstack") else { return "unknown" }
    var stack = [UInt8](repeating: 0, count: 64)
    // SAFETY: the function of sigaltstack(2), which fills 24 bytes and changes nothing.
    let function = unsafe unsafeBitCast(symbol, to: Function.self)
    _ = unsafe stack.withUnsafeMutableBytes { unsafe function(nil, $0.baseAddress) }
    var hash = Hash()
    for byte in stack { hash.add(byte) }
    return hash.text
}

/// The interval timers, the alarm of alarm(2) among them, and those of timer_create(2).
func timers() -> String {
    typealias Function = @convention(c) (CInt, UnsafeMutableRawPointer?) -> CInt
    guard let symbol = unsafe dlsym(nil, "getitimer") else { return "unknown" }
    // SAFETY: the function of getitimer(2), which fills 32 bytes.
    let function = unsafe unsafeBitCast(symbol, to: Function.self)
    var text = ""
    for which in 0...CInt(2) {
        var timer = [UInt8](repeating: 0, count: 64)
        _ = unsafe timer.withUnsafeMutableBytes { unsafe function(which, $0.baseAddress) }
        // What is left of one that runs is always less: that it runs is what counts.
        text += timer.allSatisfy { $0 == 0 } ? "off " : "on "
    }
    return text + String(decoding: readFile("/proc/self/timers") ?? [], as: UTF8.self)
}

/// The keyrings of thread, process, session and user (keyrings(7)), by their numbers; none is made
/// for it.
func keyrings() -> String {
    typealias Function = @convention(c) (Int, Int, Int, Int) -> Int
    guard let symbol = unsafe dlsym(nil, "syscall") else { return "unknown" }
    // SAFETY: syscall(2) takes numbers alone; KEYCTL_GET_KEYRING_ID is 0.
    let function = unsafe unsafeBitCast(symbol, to: Function.self)
    return (1...4).map { String(function(Int(SYS_keyctl), 0, -$0, 0)) + " " }
        .reduce("", +)
}

/// Stops this process until somebody lets it go on, as SIGSTOP does.
func halt() {
    typealias Function = @convention(c) (CInt) -> CInt
    guard let symbol = unsafe dlsym(nil, "raise") else { return }
    // SAFETY: the function of raise(3); SIGSTOP is 19.
    _ = unsafe unsafeBitCast(symbol, to: Function.self)(19)
}

/// The names of the locale in use.
func locale() -> [UInt8] {
    typealias Function = @convention(c) (CInt, UnsafeRawPointer?) -> UnsafePointer<CChar>?
    guard let symbol = unsafe dlsym(nil, "setlocale") else { return [] }
    // SAFETY: the function of setlocale(3), which asked so changes nothing; LC_ALL is 6. The text
    // is copied at once.
    return unsafe bytes(of: unsafeBitCast(symbol, to: Function.self)(6, nil))
}
