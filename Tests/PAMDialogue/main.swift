import CLinux

// A small, honest PAM application: everything goes through the real libpam. It is compiled as
// Embedded Swift, so that it needs only libpam and libc. sshd, su and login do not load Swift's
// libraries (or libm) either, so the cost of loading a module shows in full.

let arguments = (readFile("/proc/self/cmdline") ?? []).split(separator: 0).dropFirst()

if arguments.count == 1, arguments.first.map(Array.init) == Array("--help".utf8) {
    writeAll(Array(help.utf8))
} else if !arguments.isEmpty {
    writeAll(Array("pam-dialogue: it takes no arguments; see --help\n".utf8), to: 2)
    exit(64)
} else if !Dialogue(input: LineReader(descriptor: 0)).run() {
    exit(64)
}
