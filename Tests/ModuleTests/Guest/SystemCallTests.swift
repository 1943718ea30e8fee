import Foundation
import TestSupport
import Testing

/// The order of reading, writing and syncing in a whole login, by strace(1).
@Suite("The system calls of a login")
struct SystemCallTests {
    private static let traced =
        "trace=flock,pwrite64,pwritev,pread64,fdatasync,fsync,clone,clone3,fork"

    /// The calls of one login with `code`, from the first lock on.
    private func calls(_ enrolled: Enrolled, _ code: String) async throws -> [Substring] {
        let trace = enrolled.scratch.file("trace")
        _ = try await enrolled.stack().login(
            enrolled.user, [code], around: ["strace", "-f", "-o", trace, "-e", Self.traced])
        return try calls(in: trace)
    }

    private func calls(in trace: String) throws -> [Substring] {
        let names = try String(contentsOfFile: trace, encoding: .utf8).split(separator: "\n")
            .filter { !$0.contains("+++") }
            .compactMap { $0.drop { $0 != " " }.dropFirst().split(separator: "(").first }
        return names.map { $0.drop { $0 == " " } }.drop { $0 != "flock" }.map { $0 }
    }

    // Lock, record; charge, new slot, sync, mark; unlock. The key was read before.
    private static let order: [Substring] = [
        "flock", "pread64", "pwritev", "pwritev", "fdatasync", "pwritev", "flock",
    ]

    @Test("a login syncs more than once, verifies before it charges, or starts something")
    func oneSync() async throws {
        let enrolled = try Enrolled()
        for code in [try await enrolled.phone.code(), try await enrolled.wrongCode()] {
            #expect(try await calls(enrolled, code) == Self.order)
        }
    }

    @Test("a login at the shared service makes other system calls than one with its own")
    func oneSyncInResident() async throws {
        let enrolled = try Enrolled()
        let right = try await enrolled.phone.code(), wrong = try await enrolled.wrongCode()
        // After the refusal: whether there is a record of that name with another UID.
        let later: [Substring] = ["pread64", "pread64"]
        for (code, all) in [(right, Self.order), (wrong, Self.order + later)] {
            let trace = enrolled.scratch.file("trace")
            // Not as its parent: the service is handed a socket for its own process ID.
            let service = try await Service(
                store: enrolled.store,
                around: ["strace", "-D", "-f", "-o", trace, "-e", Self.traced])
            let stack = try Stack(enrolled.scratch, "", door: .resident(service.socket))
            _ = try await stack.login(enrolled.user, [code])
            try await patiently("what comes later") {
                try calls(in: trace).count < all.count ? nil : ()
            }
            service.end()
            let seen: [Substring] = try await patiently("the trace to end") {
                try String(contentsOfFile: trace, encoding: .utf8).contains("killed by SIGKILL")
                    ? try calls(in: trace) : nil
            }
            #expect(seen == all)
        }
    }

    /// Between the check of a name and its use, a link could be put there.
    @Test("checks a name in the store before opening it, or follows a link there")
    func names() async throws {
        let enrolled = try Enrolled()
        let trace = enrolled.scratch.file("trace")
        for user in [enrolled.user, "bin"] {
            _ = try await enrolled.stack().login(
                user, [try await enrolled.phone.code()],
                around: ["strace", "-f", "-y", "-o", trace, "-e", "trace=%file"])
            let folder = try #require(enrolled.scratch.path.split(separator: "/").last)
            let uses = try String(contentsOfFile: trace, encoding: .utf8).split(separator: "\n")
                .filter { $0.contains("/\(folder)/store") || $0.contains("\"\(folder)\"") }
                // Calls on something already open, or that replace nothing.
                .filter { !$0.contains(", \"\", ") && !$0.contains("RENAME_NOREPLACE") }
            #expect(uses.count > 3, "\(uses)")
            #expect(uses.filter { !$0.contains(" openat(") || !$0.contains("O_NOFOLLOW") } == [])
        }
    }

    @Test("what a killed login left unsynced is not written and synced first")
    func settles() async throws {
        let enrolled = try Enrolled()
        let before = try enrolled.bytes
        _ = try await calls(enrolled, try await enrolled.phone.code())
        // As if that login had been killed before it could set the mark.
        try enrolled.write([UInt8](before[512..<528]), at: 512)
        #expect(
            try await calls(enrolled, try await enrolled.phone.code(steps: 1)) == [
                "flock", "pread64", "pwritev", "fdatasync", "pwritev", "pwritev", "fdatasync",
                "pwritev", "flock",
            ])
    }

    @Test("a disk that fails to sync lets somebody in, or reveals whether the code was right")
    func failingSync() async throws {
        for isRight in [true, false] {
            let enrolled = try Enrolled()
            let code = isRight ? try await enrolled.phone.code() : try await enrolled.wrongCode()
            let result = try await enrolled.stack().login(
                enrolled.user, [code],
                around: [
                    "strace", "-f", "-o", "/dev/null", "-e", "trace=fdatasync", "-e",
                    "inject=fdatasync:error=EIO",
                ])
            #expect(result.name == "PAM_AUTHINFO_UNAVAIL")
            #expect(
                result.said == [
                    "The code cannot be checked right now. Please tell your administrator."
                ])
        }
    }
}
