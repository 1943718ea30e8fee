import Foundation
import TestSupport
import Testing

/// The built module as a file: what it exports, needs and weighs.
@Suite("The module as a file")
struct Artefact {
    static let release = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../.build/release/libpam_swiftotp.so").standardizedFileURL.path

    @Test("exports pam_sm_authenticate and pam_sm_setcred and nothing else")
    func exports() async throws {
        let names = try await Command.output(["nm", "-D", "--defined-only", Self.release])
        let symbols = names.split(separator: "\n").compactMap { $0.split(separator: " ").last }
        #expect(symbols == ["pam_sm_authenticate", "pam_sm_setcred"])
    }

    @Test("needs libpam and libc alone, is bound at load, and looks nowhere else")
    func dynamicSection() async throws {
        let section = try await Command.output(["readelf", "-dW", Self.release])
        let needed = section.split(separator: "\n").filter { $0.contains("(NEEDED)") }
            .compactMap { $0.split(separator: "[").last?.dropLast() }
        #expect(Set(needed) == ["libpam.so.0", "libc.so.6"])
        #expect(section.contains("BIND_NOW"))
        #expect(!section.contains("RUNPATH") && !section.contains("RPATH"))
        #expect(!section.contains("TEXTREL"))
    }

    @Test("imports these functions and no other: nothing reads the environment or starts anything")
    func imports() async throws {
        let names = try await Command.output(["nm", "-D", "--undefined-only", Self.release])
        let imports = names.split(separator: "\n").compactMap { line in
            line.split(separator: " ").last?.split(separator: "@").first.map(String.init)
        }
        // Each is looked up at every load. dlsym(3) finds what few logins call for: dlopen(3) and
        // dlclose(3) for a QR code, pam_set_item(3) for a password that is handed on, getgrnam_r(3)
        // and getgrouplist(3) for an exempt group, malloc(3) and errno beside a login's own memory.
        #expect(
            imports.sorted() == [
                "clock_gettime", "dlsym", "free", "getpwnam_r", "memmove", "memset",
                "pam_get_item", "pam_get_user", "pam_getenv", "syslog",
            ])
    }

    @Test("has read-only relocations and a stack without execution")
    func segments() async throws {
        let segments = try await Command.output(["readelf", "-lW", Self.release])
        #expect(segments.contains("GNU_RELRO"))
        let stack = segments.split(separator: "\n").first { $0.contains("GNU_STACK") }
        #expect(stack?.contains("RWE") == false)
    }

    @Test("nearly all functions that the linker is to put together are there, and are together")
    func order() async throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../Sources/pam_swiftotp/order")
        let wanted = Set(
            try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map(String.init))
        let lines = try await Command.output(["nm", Self.release]).split(separator: "\n")
        let places = lines.compactMap { line -> (place: Int, name: String)? in
            let words = line.split(separator: " ")
            guard words.count == 3, ["t", "T"].contains(words[1]) else { return nil }
            return Int(words[0], radix: 16).map { ($0, String(words[2])) }
        }
        let found = places.filter { wanted.contains($0.name) }.map(\.place)
        // Where this fails, `Tests/Bench/run --order` writes them anew.
        #expect(found.count * 10 >= wanted.count * 9, "\(found.count) of \(wanted.count)")
        let span = try #require(found.max()) - #require(found.min())
        #expect(span < 128 * 1024, "they take \(span) bytes")
    }

    @Test("is at most 384 KB when stripped")
    func size() async throws {
        let scratch = try Scratch()
        let stripped = scratch.file("module.so")
        try await Command.output(["strip", "-o", stripped, Self.release])
        let size = try FileManager.default.attributesOfItem(atPath: stripped)[.size] as? Int
        #expect(try #require(size) <= 384 * 1024)
    }
}
