import CLinux

/// A kernel with files and connections in memory, limited to what a login calls: it fails the calls
/// that the input names, counts what is open and locked, and knows what a power failure would
/// leave.
final class Kernel {
    /// An open file, or one end of a connection.
    struct Handle {
        let file: File
        let isWritable: Bool
        /// Whether it only serves for walking and looking (O_PATH).
        var isPath = false
        var isListed = false
        /// The other end, once connected.
        var line: (any OtherEnd)?
    }

    static let pageSize = 4096

    let root = File(folder: 0o755)
    private(set) var handles: [Int: Handle] = [:]
    private var nextHandle = 3

    /// Unix seconds, and nanoseconds since boot.
    var realTime: Int64 = 1_800_000_015
    var upTime: Int64 = 1_000_000_000
    /// The process: its effective and real user, and its process ID.
    var user: UInt32 = 0
    var realUser: UInt32 = 0
    var process: CInt = 4711
    private var random: UInt64 = 0x9e37_79b9_7f4a_7c15
    /// The groups of every user, in addition to their own.
    var groups: [UInt32] = []
    /// The lines written to the system log.
    var journal: [[UInt8]] = []

    /// Whether reads show the disk instead of memory.
    var showsDisk = false
    /// Which calls fail.
    var faults = Faults()
    /// Who listens at a path, or why nobody is reached.
    var listener: ([UInt8]) -> Reached = { _ in .nobody(ENOENT) }
    /// The service started for one login, and its state.
    var child = Child()
    /// The module's memory from malloc(3).
    var memory = Memory()

    var descriptors: Int { handles.count }
    /// Whether no other process holds a lock forever.
    var isFree: Bool { root.entries[Array("var".utf8)]?.isLocked != true }
    var locks: Int { handles.keys.count { handles[$0]?.file.holder == $0 } }

    // MARK: Files

    /// Makes a file, along with its folders.
    @discardableResult
    func put(_ path: String, _ contents: [UInt8], mode: UInt32 = 0o600) -> File {
        var parts = path.utf8.split(separator: UInt8(ascii: "/")).map(Array.init)
        let name = parts.removeLast()
        let file = File(contents, mode: mode)
        let folder = folder(parts)
        folder.entries[name] = file
        folder.diskEntries[name] = file
        return file
    }

    /// The folder at this path, made if it is missing.
    func folder(_ parts: [[UInt8]]) -> File {
        parts.reduce(root) { parent, name in
            if let folder = parent.entries[name] { return folder }
            let folder = File(folder: 0o755)
            parent.entries[name] = folder
            parent.diskEntries[name] = folder
            return folder
        }
    }

    private func find(_ path: [UInt8], from folder: File) -> (parent: File, name: [UInt8], File?) {
        var parent = folder
        var found: File? = folder
        var last = [UInt8(ascii: ".")]
        // Most paths are a single name.
        let parts =
            path.contains(UInt8(ascii: "/"))
            ? path.split(separator: UInt8(ascii: "/")).map(Array.init) : [path]
        for part in parts where part != [UInt8(ascii: ".")] {
            guard let next = found, next.isFolder else { return (parent, last, nil) }
            (parent, last) = (next, part)
            if let contents = next.spare.removeValue(forKey: last) {
                let file = File(contents, mode: 0o600)
                file.isWritable = next.isWritable
                (next.entries[last], next.diskEntries[last]) = (file, file)
            }
            found = (showsDisk ? next.diskEntries : next.entries)[last]
        }
        return (parent, last, found)
    }

    /// Removes a file, also from the disk.
    func remove(_ name: String, from folder: File) {
        folder.entries[Array(name.utf8)] = nil
        folder.diskEntries[Array(name.utf8)] = nil
    }

    // MARK: Calls, which return a negative error number if they fail

    func open(_ folder: Int, _ path: [UInt8], _ flags: CInt, _ mode: UInt32) -> Int {
        let start = path.first == UInt8(ascii: "/") ? root : handles[folder]?.file
        guard let start else { return -Int(EBADF) }
        var (parent, name, file) = find(path, from: start)
        if file == nil {
            guard flags & O_CREAT != 0 else { return -Int(ENOENT) }
            expect(parent.isWritable, "a file outside of the store")
            let new = File([], mode: mode)
            new.isWritable = true
            parent.entries[name] = new
            file = new
        } else if flags & O_EXCL != 0 {
            return -Int(EEXIST)
        }
        guard let file else { return -Int(ENOENT) }
        if flags & O_DIRECTORY != 0 && !file.isFolder { return -Int(ENOTDIR) }
        expect(flags & O_CLOEXEC != 0 && flags & O_NOFOLLOW != 0, "a descriptor that gets about")
        return add(
            Handle(
                file: file, isWritable: flags & O_ACCMODE == O_RDWR,
                isPath: flags & __O_PATH != 0))
    }

    private func add(_ handle: Handle) -> Int {
        defer { nextHandle += 1 }
        handles[nextHandle] = handle
        return nextHandle
    }

    /// An end of a connection, whose other end is not there yet.
    func socket(to line: (any OtherEnd)? = nil) -> Int {
        add(Handle(file: File([], mode: 0o600), isWritable: false, line: line))
    }

    /// The other end.
    func line(_ number: Int) -> (any OtherEnd)? { handles[number]?.line }

    func connect(_ number: Int, to line: any OtherEnd) { handles[number]?.line = line }

    /// Closes everything.
    func forgetHandles() {
        for number in handles.keys { _ = close(number) }
    }

    func close(_ number: Int) -> Int {
        guard let handle = handles.removeValue(forKey: number) else {
            mistake("a descriptor is closed that is not open")
        }
        if handle.file.holder == number { handle.file.holder = nil }
        handle.line?.hangUp()
        return 0
    }

    func read(_ number: Int, _ count: Int, _ offset: Int) -> [UInt8]? {
        guard let handle = handles[number], !handle.file.isFolder, !handle.isPath else {
            return nil
        }
        let file = handle.file
        let bytes = showsDisk ? file.disk : file.data
        let start = min(max(0, offset), bytes.count)
        return Array(bytes[start..<min(bytes.count, start + count)])
    }

    func write(_ number: Int, _ bytes: [UInt8], _ offset: Int) -> Int {
        guard let handle = handles[number], handle.isWritable else { return -Int(EBADF) }
        let file = handle.file
        expect(file.isWritable, "a write outside of the store")
        let end = offset + bytes.count
        if file.data.count < end {
            file.data += [UInt8](repeating: 0, count: end - file.data.count)
        }
        file.data.replaceSubrange(offset..<end, with: bytes)
        if !bytes.isEmpty {
            file.dirty.formUnion(offset / Kernel.pageSize...(end - 1) / Kernel.pageSize)
        }
        return bytes.count
    }

    /// An fsync(2) that fails once: the pages count as written, as on Linux.
    func failSync(_ number: Int) { handles[number]?.file.dirty = [] }

    func sync(_ number: Int) -> Int {
        guard let file = handles[number]?.file else { return -Int(EBADF) }
        for page in file.dirty { Kernel.copy(page, of: file, parts: 0xff) }
        file.dirty = []
        file.diskEntries = file.entries
        return 0
    }

    func lock(_ number: Int, _ operation: CInt) -> Int {
        guard let handle = handles[number], !handle.isPath else { return -Int(EBADF) }
        let file = handle.file
        if operation & LOCK_UN != 0 {
            if file.holder == number { file.holder = nil }
            return 0
        }
        if let holder = file.holder, holder != number { return -Int(EWOULDBLOCK) }
        file.holder = number
        return 0
    }

    func remove(_ folder: Int, _ name: [UInt8]) -> Int {
        guard let parent = handles[folder]?.file else { return -Int(EBADF) }
        guard let file = parent.entries.removeValue(forKey: name) else { return -Int(ENOENT) }
        expect(parent.isWritable, "a file is removed outside of the store")
        file.isRemoved = true
        return 0
    }

    func rename(_ folder: Int, _ old: [UInt8], _ new: [UInt8]) -> Int {
        guard let parent = handles[folder]?.file else { return -Int(EBADF) }
        guard let file = parent.entries[old] else { return -Int(ENOENT) }
        if parent.entries[new] != nil { return -Int(EEXIST) }
        parent.entries[old] = nil
        parent.entries[new] = file
        return 0
    }

    /// The names in a folder, once.
    func names(_ number: Int) -> [[UInt8]]? {
        guard let handle = handles[number], handle.file.isFolder else { return nil }
        if handle.isListed { return [] }
        handles[number]?.isListed = true
        return handle.file.entries.keys.sorted { $0.lexicographicallyPrecedes($1) }
    }

    func file(_ number: Int) -> File? { handles[number]?.file }

    /// Like the system's, but the same for the same input.
    func randomByte() -> UInt8 {
        random ^= random << 13
        random ^= random >> 7
        random ^= random << 17
        return UInt8(truncatingIfNeeded: random >> 32)
    }
}
