@unsafe @preconcurrency import CLinux

/// The state of this process that a module must not change, as one line.
func hostState() -> [UInt8] {
    var state = JSONLine()
    state.add("op", "hostcheck")
    state.add("fds", list: openDescriptors())
    let status = readFile("/proc/self/status") ?? []
    for (key, name) in statusFields {
        state.add(key, bytes: field(name, of: status))
    }
    for name in links { state.add(name, bytes: linkTarget("/proc/self/\(name)") ?? []) }
    for name in processFiles { state.add(name, bytes: readFile("/proc/self/\(name)") ?? []) }
    state.add("session", bytes: session())
    state.add("environ", environmentHash())
    state.add("heap_end", heapEnd())
    let (count, files) = mappings()
    state.add("mappings", count)
    state.add("libraries", list: files.map { JSONLine.quoted($0) })
    return state.line
}

/// Signal masks are those of proc(5): blocked, ignored, caught.
private let statusFields = [
    ("threads", "Threads:"), ("sig_blocked", "SigBlk:"), ("sig_ignored", "SigIgn:"),
    ("sig_caught", "SigCgt:"), ("umask", "Umask:"), ("uids", "Uid:"), ("gids", "Gid:"),
    ("groups", "Groups:"), ("capabilities", "CapEff:"), ("rss_kb", "VmRSS:"),
    ("data_kb", "VmData:"), ("locked_kb", "VmLck:"), ("sig_pending", "SigPnd:"),
    ("sig_shared", "ShdPnd:"), ("cap_inheritable", "CapInh:"), ("cap_permitted", "CapPrm:"),
    ("cap_bounding", "CapBnd:"), ("cap_ambient", "CapAmb:"), ("no_new_privs", "NoNewPrivs:"),
    ("seccomp", "Seccomp:"), ("cpus", "Cpus_allowed:"),
]

/// Where the process is: working folder, root, and its namespaces of mounts and network.
private let links = ["cwd", "root", "ns/mnt", "ns/net"]

/// Other files in proc(5) about a process, including the limits of setrlimit(2).
private let processFiles = [
    "limits", "comm", "personality", "oom_score_adj", "timerslack_ns", "coredump_filter",
    "loginuid", "cgroup",
]

/// The value of one line of /proc/self/status, with single spaces and without "kB".
private func field(_ name: String, of status: [UInt8]) -> [UInt8] {
    let name = Array(name.utf8)
    for line in status.split(separator: UInt8(ascii: "\n")) where line.starts(with: name) {
        let words = line.dropFirst(name.count).split { $0 == 0x20 || $0 == 0x09 }
        let values = words.filter { Array($0) != Array("kB".utf8) }
        return Array(values.joined(separator: [0x20]))
    }
    return []
}

/// Every open descriptor with its file and its flags, as "3 /path 02100000".
private func openDescriptors() -> [[UInt8]] {
    var descriptors: [[UInt8]] = []
    for number in 0..<1024 {
        guard let target = linkTarget("/proc/self/fd/\(number)") else { continue }
        let flags = field("flags:", of: readFile("/proc/self/fdinfo/\(number)") ?? [])
        let words = [Array(String(number).utf8), target, flags]
        descriptors.append(JSONLine.quoted(Array(words.joined(separator: [0x20]))))
    }
    return descriptors
}

/// Parent, process group, session, terminal, and scheduling of the process (proc(5), stat).
private func session() -> [UInt8] {
    let stat = readFile("/proc/self/stat") ?? []
    guard let end = stat.lastIndex(of: UInt8(ascii: ")")) else { return [] }
    let words = stat[(end + 1)...].split(separator: UInt8(ascii: " ")).map { Array($0) }
    // After the name, from the third field on: ppid to tpgid are 4 to 8, priority and nice 18 and
    // 19, the real-time priority and the policy 40 and 41.
    let fields = [4, 5, 6, 7, 8, 18, 19, 40, 41].map { $0 - 3 }
    let values = fields.filter { words.indices.contains($0) }.map { words[$0] }
    return Array(values.joined(separator: [0x20]))
}

/// The target of a symbolic link in /proc.
private func linkTarget(_ path: String) -> [UInt8]? {
    var target = [CChar](repeating: 0, count: 4_096)
    // SAFETY: readlink(2) writes at most as many bytes as the array holds.
    let count = unsafe readlink(path, &target, target.count)
    guard count >= 0 else { return nil }
    return target.prefix(count).map { UInt8(bitPattern: $0) }
}

/// The environment, in order, as one hash.
private func environmentHash() -> String {
    var hash = Hash()
    // SAFETY: environ is a list of C strings that NULL ends; this process has one thread.
    guard var entry = unsafe environ else { return "none" }
    while let text = unsafe entry.pointee {
        for byte in unsafe bytes(of: text) + [0] { hash.add(byte) }
        unsafe entry += 1
    }
    return hash.text
}

/// The end of the growing heap, which shows a leak.
private func heapEnd() -> Int {
    // SAFETY: an increment of zero only queries it.
    guard let end = unsafe sbrk(0) else { return 0 }
    return Int(bitPattern: end)
}

/// The number of mappings, and which files are mapped: shows a module that was not unloaded.
private func mappings() -> (count: Int, files: [[UInt8]]) {
    let lines = (readFile("/proc/self/maps") ?? []).split(separator: UInt8(ascii: "\n"))
    var files: [[UInt8]] = []
    for line in lines {
        guard let slash = line.firstIndex(of: UInt8(ascii: "/")) else { continue }
        let file = Array(line[slash...])
        if !files.contains(file) { files.append(file) }
    }
    return (lines.count, files)
}
