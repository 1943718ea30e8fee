import Foundation
import TestSupport
import Testing

/// The built module as a file: what it exports, needs and weighs.
@Suite("The module as a file")
struct Artefact {
    static let release = released("libpam_swiftotp.so")
    /// The service as it is installed.
    static let releasedService = released("swiftotpd")

    private static func released(_ name: String) -> String {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../.build/release/\(name)").standardizedFileURL.path
    }

    @Test("exports something else than pam_sm_authenticate and pam_sm_setcred")
    func exports() async throws {
        let names = try await Command.output(["nm", "-D", "--defined-only", Self.release])
        let symbols = names.split(separator: "\n").compactMap { $0.split(separator: " ").last }
        #expect(symbols == ["pam_sm_authenticate", "pam_sm_setcred"])
    }

    @Test("needs more than libpam and libc, is not bound at load, or looks elsewhere")
    func dynamicSection() async throws {
        let section = try await Command.output(["readelf", "-dW", Self.release])
        let needed = section.split(separator: "\n").filter { $0.contains("(NEEDED)") }
            .compactMap { $0.split(separator: "[").last?.dropLast() }
        #expect(Set(needed) == ["libpam.so.0", "libc.so.6"])
        #expect(section.contains("BIND_NOW"))
        #expect(!section.contains("RUNPATH") && !section.contains("RPATH"))
        #expect(!section.contains("TEXTREL"))
    }

    @Test("imports what it may not: an allocator's tricks, files, threads, the environment")
    func imports() async throws {
        let names = try await Command.output(["nm", "-D", "--undefined-only", Self.release])
        let imports = names.split(separator: "\n").filter { $0.contains(" U ") }.compactMap {
            line in
            line.split(separator: " ").last?.split(separator: "@").first.map(String.init)
        }
        // Talking to the application and the service; and, from `_exit` on, starting a service.
        let talk: Set = [
            "__errno_location", "clock_gettime", "close", "connect", "explicit_bzero", "free",
            "geteuid", "getpid", "getsockopt", "getuid", "malloc", "memcpy",
            "pam_get_item", "pam_get_user", "pam_getenv", "pam_set_item", "pam_syslog", "poll",
            "recv", "send", "setsockopt", "socket", "strlen", "strncmp", "usleep",
            "__stack_chk_fail",
        ]
        let start: Set = [
            "_exit", "dup2", "execve", "fcntl", "getrlimit", "kill", "open", "setrlimit", "setsid",
            "sigfillset", "sigprocmask", "socketpair", "syscall", "umask", "waitpid",
        ]
        #expect(Set(imports).subtracting(talk).subtracting(start) == [])
        #expect(talk.union(start).subtracting(imports) == [], "not needed any more")
    }

    @Test("has a frame on the stack that is larger than a page, without probes")
    func frames() async throws {
        let code = try await Command.output(["objdump", "-d", Self.release])
        let large = code.split(separator: "\n").filter {
            $0.contains(/sub +\$0x[0-9a-f]{4,},%rsp/) && !$0.contains("$0x1000,%rsp")
        }
        #expect(large == [])
    }

    @Test("has relocations that can be written to, or a stack that can be executed")
    func segments() async throws {
        let segments = try await Command.output(["readelf", "-lW", Self.release])
        #expect(segments.contains("GNU_RELRO"))
        let stack = segments.split(separator: "\n").first { $0.contains("GNU_STACK") }
        #expect(stack?.contains("RWE") == false)
    }

    @Test("is larger than google-authenticator's module, which has 43 KB")
    func size() async throws {
        let scratch = try Scratch()
        let stripped = scratch.file("module.so")
        try await Command.output(["strip", "-o", stripped, Self.release])
        let size = try FileManager.default.attributesOfItem(atPath: stripped)[.size] as? Int
        #expect(try #require(size) <= 24 * 1024)
    }
}
