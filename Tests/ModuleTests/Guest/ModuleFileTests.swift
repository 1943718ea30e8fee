import Foundation
import TestSupport
import Testing

/// The built module as a file: its exports, dependencies and size.
@Suite("The module as a file")
struct ModuleFileTests {
    private static let module = Build.released("libpam_swiftotp.so")

    @Test("exports something else than pam_sm_authenticate and pam_sm_setcred")
    func exports() async throws {
        let names = try await Command.output(["nm", "-D", "--defined-only", Self.module])
        let symbols = names.split(separator: "\n").compactMap { $0.split(separator: " ").last }
        #expect(symbols == ["pam_sm_authenticate", "pam_sm_setcred"])
    }

    @Test("needs more than libpam and libc, is not bound at load, or has a run path")
    func dynamicSection() async throws {
        let section = try await Command.output(["readelf", "-dW", Self.module])
        let needed = section.split(separator: "\n").filter { $0.contains("(NEEDED)") }
            .compactMap { $0.split(separator: "[").last?.dropLast() }
        // Part of libc: on arm64 it holds the value of the stack guard.
        #expect(
            Set(needed).subtracting([Substring(Machine.loader)]) == ["libpam.so.0", "libc.so.6"])
        #expect(section.contains("BIND_NOW"))
        #expect(!section.contains("RUNPATH") && !section.contains("RPATH"))
        #expect(!section.contains("TEXTREL"))
    }

    /// On arm64: the stack guard, and which instructions exist for reference counts.
    private static let processorsOwn: Set<String> =
        Machine.isARM ? ["__getauxval", "__stack_chk_guard"] : []

    @Test("imports what it may not: an allocator's tricks, files, threads, the environment")
    func imports() async throws {
        let names = try await Command.output(["nm", "-D", "--undefined-only", Self.module])
        let imports = names.split(separator: "\n").filter { $0.contains(" U ") }.compactMap {
            line in
            line.split(separator: " ").last?.split(separator: "@").first.map(String.init)
        }
        let all = Self.processorsOwn.union([
            "__errno_location", "__stack_chk_fail", "clock_gettime", "explicit_bzero", "free",
            // Only for whether the locale is UTF-8.
            "getenv", "malloc", "memcpy", "pam_get_item", "pam_get_user", "pam_getenv",
            "pam_set_item", "pam_syslog", "strlen", "strncmp", "syscall",
        ])
        #expect(Set(imports).subtracting(all) == [])
        #expect(all.subtracting(imports) == [], "not needed any more")
    }

    @Test("makes a system call other than for sockets and for starting the service")
    func systemCalls() throws {
        let text = try Project.text("Sources/CLinux/shim.h")
        let part = try #require(text.split(separator: "// MARK: What the module does").last)
            .split(separator: "// MARK: ")[0]
        let calls = Set(part.matches(of: /syscall\(SYS_(\w+)/).map { String($0.1) })
        let talk: Set = [
            "close", "connect", "geteuid", "getpid", "getsockopt", "getuid", "nanosleep", "ppoll",
            "recvfrom", "sendmsg", "setsockopt", "socket",
        ]
        // `openat` of /dev/null.
        let start: Set = [
            "clone", "close_range", "dup3", "execve", "exit_group", "fcntl", "kill", "openat",
            "prlimit64", "rt_sigprocmask", "setgroups", "setresgid", "setresuid", "setsid",
            "socketpair", "umask", "wait4",
        ]
        #expect(calls == talk.union(start))
        // The number is written next to each call, and nowhere else.
        #expect(part.ranges(of: "SYS_").count == part.ranges(of: "syscall(SYS_").count)
    }

    @Test("has a stack frame larger than a page without stack probes")
    func frames() async throws {
        let code = try await Command.output(["objdump", "-d", Self.module])
        let large = code.split(separator: "\n").filter {
            $0.contains(/sub +\$0x[0-9a-f]{4,},%rsp/) && !$0.contains("$0x1000,%rsp")
                || $0.contains(/sub\s+sp, sp, (x|#0x[0-9a-f]{4,}|#0x[0-9a-f]+, lsl)/)
                    && !$0.contains("#0x1, lsl #12")
        }
        #expect(large == [])
    }

    @Test("has writable relocations or an executable stack")
    func segments() async throws {
        let segments = try await Command.output(["readelf", "-lW", Self.module])
        #expect(segments.contains("GNU_RELRO"))
        let stack = segments.split(separator: "\n").first { $0.contains("GNU_STACK") }
        #expect(stack?.contains("RWE") == false)
    }

    /// The rest belongs to the C runtime, from before the first call.
    @Test("keeps state between two calls, which logins on one thread would share")
    func memory() async throws {
        let sections = try await Command.output(["readelf", "-SW", Self.module])
        for line in sections.split(separator: "\n") where line.contains(#/ \.t?(data|bss) /#) {
            let words = line.split(separator: "]")[1].split(separator: " ")
            #expect(words[0].hasPrefix(".t") == false && Int(words[4], radix: 16) ?? 99 <= 8)
        }
        #expect(sections.contains(" .bss "))
    }

    @Test("is larger than google-authenticator's module (43 KB)")
    func size() async throws {
        let scratch = try Scratch()
        let stripped = scratch.file("module.so")
        try await Command.output(["strip", "-o", stripped, Self.module])
        let size = try FileManager.default.attributesOfItem(atPath: stripped)[.size] as? Int
        #expect(try #require(size) <= 24 * 1024)
    }
}
