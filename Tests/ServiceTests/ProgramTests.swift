import Foundation
import TestSupport
import Testing

/// The program as a file and as a process.
@Suite("swiftotp-helper: the program")
struct ProgramTests {
    @Test("Other arguments than two paths are refused, before anything else")
    func usage() async throws {
        let program = try Build.product("swiftotp-helper")
        for words in [
            ["--help"], ["x"], ["--store"], ["--config=/x"], ["--store", "/x", "--config"],
            ["--socket", "/x"], ["--store", "/x", ""],
        ] {
            let done = try await Command.run([program] + words)
            #expect(done.status == 64, "\(words)")
            #expect(done.errors == "usage: swiftotp-helper [--config FILE] [--store DIR]\n")
            #expect(done.output.isEmpty)
        }
    }

    @Test("A standard input that is no connection: one line in the log, and status 1")
    func notASocket() async throws {
        let log = try SystemLog.shared()
        let program = try Build.product("swiftotp-helper")
        for closed in ["", "<&-", "<&- >&- 2>&-"] {
            let around = ["sh", "-c", "exec \"$@\" \(closed)", "sh"]
            let before = log.lines(containing: "not a connection").count
            let done = try await Command.run(around + [program])
            #expect(done.status == 1 && done.output.isEmpty && done.errors.isEmpty)
            _ = try await patiently("one more line in the log", within: .seconds(5)) {
                log.lines(containing: "not a connection").count == before + 1 ? true : nil
            }
        }
    }

    @Test("A user whom the system does not know is told nothing")
    func unknownUser() async throws {
        let log = try SystemLog.shared()
        let helper = try await Helper()
        for uid in ["4242", "65534"] {
            let replies = try await Client.number(helper, uid).run("raw 00020101", "reply")
            #expect(replies.map(\.kind) == ["end"])
            _ = try await log.line(containing: "cannot serve; error=\"user \(uid) is unknown")
        }
    }

    @Test("Nothing in the environment changes what it does")
    func environment() async throws {
        let scratch = try Scratch()
        let helper = try await Helper(environment: [
            "NETTLE_FAT_VERBOSE": "1", "NETTLE_FAT_OVERRIDE": "none", "TZ": "../../etc/shadow",
            "SWIFT_DEBUG_HELP": "YES", "HOSTALIASES": scratch.path, "LC_ALL": "tr_TR.UTF-8",
            "MALLOC_CHECK_": "3", "TMPDIR": scratch.path,
        ])
        let client = try Client(helper, try await Account.make("variable"))
        let codes = try await client.enroll()
        let replies = try await client.run("status", "prove \(codes[0])", "wait 1", "enrolled")
        #expect(replies.map(\.kind) == ["record", "outcome", "flag"])
    }

    @Test(
        "Limits of whoever starts it: it works or it fails, and claims nothing that is not so",
        arguments: [
            ["prlimit", "--nofile=3"], ["prlimit", "--nofile=4"], ["prlimit", "--nofile=6"],
            ["prlimit", "--fsize=0"], ["prlimit", "--as=8388608"], ["prlimit", "--stack=65536"],
            ["prlimit", "--nproc=1"], ["prlimit", "--data=262144"],
        ])
    func limits(words: [String]) async throws {
        let good = try await Helper()
        let account = try await Account.make("limited")
        let client = try Client(good, account)
        let codes = try await client.enroll()
        let helper = try await Helper(store: good.store, limits: words)
        let limited = try Client(helper, account)
        let replies = try await limited.run("prove \(codes[0])", "codes", "disable", "status")
        try await helper.rest()
        #expect(
            replies.allSatisfy { $0.why == nil || [1, 8].contains($0.why) }, "\(replies)")
        // What was claimed is so, and what was not claimed has not been lost.
        let status = try await client.run("status")[0]
        let isProven = replies[0].outcome == 1
        let (isRenewed, isDisabled) = (replies[1].kind == "codes", replies[2].kind == "done")
        #expect(isProven || !isRenewed && !isDisabled)
        #expect(status.authenticators == (isDisabled ? [] : ["phone"]))
        if !isDisabled { #expect(status.backupCodesLeft == (isRenewed || !isProven ? 10 : 9)) }
    }

    @Test("It works with no capability, no way to new privileges, and the unit's limits")
    func asTheUnit() async throws {
        let helper = try await Helper(limits: [
            "setpriv", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs",
            "prlimit", "--nofile=64", "--fsize=1048576", "--core=0", "--nproc=64",
        ])
        let client = try Client(helper, try await Account.make("boxed"))
        let codes = try await client.enroll()
        let replies = try await client.run("prove \(codes[0])", "codes", "disable")
        #expect(replies.map(\.kind) == ["outcome", "codes", "done"])
    }

    @Test("Its memory is closed to others, without core files")
    func memory() async throws {
        let helper = try await Helper()
        let client = try Client(helper, try await Account.make("private"))
        let held = Task { try await client.run("begin", "wait 10", "enrolled") }
        let server = try await patiently("a helper to serve") { helper.serving.first }
        try await Task.sleep(for: .seconds(2))
        let limits = try String(contentsOfFile: "/proc/\(server)/limits", encoding: .utf8)
        let core = limits.split(separator: "\n").first { $0.hasPrefix("Max core file size") }
        #expect(core?.split(separator: " ").suffix(3).elementsEqual(["0", "0", "bytes"]) == true)
        let peak = residentKilobytes(of: server)
        #expect((1...8192).contains(peak))
        _ = try await held.value
    }

    @Test("As a file: libc alone, bound at start, no run path, no environment")
    func file() async throws {
        let program = try Build.product("swiftotp-helper")
        let section = try await Command.output(["readelf", "-dW", program])
        let needed = section.split(separator: "\n").filter { $0.contains("(NEEDED)") }
            .compactMap { $0.split(separator: "[").last?.dropLast() }
        #expect(needed == ["libc.so.6"])
        #expect(section.contains("BIND_NOW") && section.contains("PIE"))
        #expect(!section.contains("RUNPATH") && !section.contains("RPATH"))
        let names = try await Command.output(["nm", "-D", "--undefined-only", program])
        #expect(!names.contains("getenv") && !names.contains(" environ"))
    }
}

extension Client {
    /// A client of a number without a name.
    static func number(_ helper: Helper, _ uid: String) throws -> Client {
        try Client(
            helper, user: uid,
            around: ["setpriv", "--reuid", uid, "--regid", uid, "--clear-groups", "--reset-env"])
    }
}
