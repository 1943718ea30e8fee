import CLinux

// What a process knows about itself, the process that the module starts, and the module's memory.

/// The service for one login, which is never really started: its stand-in is at the other end of a
/// connection in memory.
struct Child {
    /// Its process ID.
    static let number: CInt = 4712

    /// The other end of the next socketpair(2); `nil` if clone(2) fails.
    var service: (any OtherEnd)?
    /// How often it is waited for before it ends.
    var patience = 0
    private(set) var isRunning = false
    private(set) var starts = 0
    private(set) var isKilled = false

    /// clone(2), in the parent.
    mutating func start() -> Int {
        guard service != nil else { return -Int(EAGAIN) }
        expect(!isRunning, "two services for one login")
        (isRunning, starts) = (true, starts + 1)
        return Int(Child.number)
    }

    /// waitpid(2)
    mutating func wait(_ flags: CInt) -> Int {
        guard isRunning else { return -Int(ECHILD) }
        if patience > 0, flags & WNOHANG != 0, !isKilled {
            patience -= 1
            return 0
        }
        isRunning = false
        return Int(Child.number)
    }

    mutating func kill() { isKilled = true }
}

func makeSocketPair(
    _ domain: CInt, _ type: CInt, _ protocol: CInt, _ pair: UnsafeMutablePointer<CInt>?
) -> CInt {
    expect(domain == AF_UNIX && type & O_CLOEXEC != 0, "sockets that get about")
    return CInt(
        call { kernel, _ in
            pair?[0] = CInt(kernel.socket(to: kernel.child.service))
            pair?[1] = CInt(kernel.socket())
            return 0
        })
}

func waitForProcess(_ process: CInt, _ flags: CInt) -> CInt {
    guard let kernel, process == Child.number else { mistake("another child is waited for") }
    // No kernel refuses that; after a fork here, it is another process's child.
    let result = kernel.process == 4711 ? kernel.child.wait(flags) : -Int(ECHILD)
    __errno_location().pointee = result < 0 ? ECHILD : 0
    return result < 0 ? -1 : CInt(result)
}

func killProcess(_ process: CInt, _ signal: CInt) -> CInt {
    guard let kernel, process == Child.number, signal == SIGKILL else {
        mistake("a signal to another process")
    }
    kernel.child.kill()
    return 0
}

// MARK: Identity

@_silgen_name("__real_getpid")
private func realProcess() -> CInt

@_cdecl("__wrap_getpid")
public func processNumber() -> CInt { kernel?.process ?? realProcess() }

func realUserNumber() -> UInt32 {
    guard let kernel else { mistake("a user outside of a login") }
    return kernel.realUser
}

@_cdecl("__wrap_geteuid")
public func userNumber() -> UInt32 {
    guard let kernel else { mistake("a user outside of a login") }
    return kernel.user
}

// MARK: The module's memory

/// The memory that malloc(3) gave to the module, until it fails.
struct Memory {
    /// The allocation that fails, and whether all later ones fail too; 0 for none.
    var callsLeft = 0
    var lasts = false
    private(set) var hasFailed = false
    private var sizes: [UnsafeMutableRawPointer: Int] = [:]

    /// The number of blocks that must be wiped before they are freed: answers and buffers.
    var count: Int { sizes.count }

    mutating func mayGive() -> Bool {
        guard callsLeft > 0 else { return !(hasFailed && lasts) }
        callsLeft -= 1
        if callsLeft == 0 { hasFailed = true }
        return callsLeft > 0
    }

    mutating func watch(_ place: UnsafeMutableRawPointer, _ size: Int) { sizes[place] = size }

    /// Frees a block: if it is watched, it must be empty.
    mutating func free(_ place: UnsafeMutableRawPointer) {
        guard let size = sizes.removeValue(forKey: place) else { return }
        // The first byte is zero, and each equals its predecessor.
        let isWiped =
            size == 0 || place.load(as: UInt8.self) == 0 && memcmp(place, place + 1, size - 1) == 0
        expect(isWiped, "memory that is freed and not wiped")
    }
}

/// The module's malloc(3). Zeroed, so that leftovers can be seen.
@_cdecl("module_malloc")
public func takeMemory(_ size: Int) -> UnsafeMutableRawPointer? {
    guard let kernel, kernel.memory.mayGive(), let place = calloc(1, size) else { return nil }
    kernel.memory.watch(place, size)
    return place
}

@_cdecl("module_free")
public func freeMemory(_ place: UnsafeMutableRawPointer?) {
    if let place { kernel?.memory.free(place) }
    free(place)
}
