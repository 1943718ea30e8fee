import Foundation
import TestSupport
import Testing

/// The program as a file and as a process.
@Suite("swiftotpd: the program", .timeLimit(.minutes(5)))
struct ProgramTests {
    private static let usage =
        "Usage: swiftotpd [--stdio | --init] [--config FILE] [--store FOLDER]"
        + " [--messenger SOCKET] [--agent SOCKET] [--local]\n"

    @Test("Unknown options are accepted")
    func usage() async throws {
        let program = try Build.product("swiftotpd")
        for (words, what) in [
            (["x"], "unknown word \"x\""), (["--config=/x"], "unknown word \"--config=/x\""),
            (["--store"], "--store needs a value"),
            (["--stdio", "--store", "/x", "--config"], "--config needs a value"),
            (["--socket", "/x"], "unknown word \"--socket\""),
            (["--store", "/x", ""], "unknown word \"\""),
        ] {
            let done = try await Command.run([program] + words)
            #expect(done.status == 64, "\(words)")
            #expect(done.errors == "swiftotpd: \(what)\n" + Self.usage)
            #expect(done.output.isEmpty)
        }
        for word in ["--help", "-h"] {
            let help = try await Command.output([program, word])
            #expect(help.hasPrefix(Self.usage) && help.contains("See swiftotpd(8)."))
        }
        #expect(try await Command.output([program, "--version"]).hasPrefix("swiftotpd 0."))
    }

    @Test("--stdio without a connection: no line in the log, or not status 1")
    func notASocket() async throws {
        let log = try SystemLog.shared()
        let program = try Build.product("swiftotpd")
        for closed in ["", "<&-", "<&- >&- 2>&-"] {
            let around = ["sh", "-c", "exec \"$@\" \(closed)", "sh"]
            let before = log.lines(containing: "not a connection").count
            let done = try await Command.run(around + [program, "--stdio"])
            #expect(done.status == 1 && done.output.isEmpty && done.errors.isEmpty)
            _ = try await patiently("one more line in the log") {
                log.lines(containing: "not a connection").count == before + 1 ? true : nil
            }
        }
    }

    @Test("Without a socket from systemd: no line in the log, or not status 1")
    func noSocket() async throws {
        let log = try SystemLog.shared()
        let program = try Build.product("swiftotpd")
        for (variables, what) in [
            ([:], "there is no socket: let systemd start this"),
            (["LISTEN_PID": "1", "LISTEN_FDS": "1"], "there is no socket"),
            (["LISTEN_PID": "PID", "LISTEN_FDS": "2"], "there is no socket"),
            (["LISTEN_PID": "PID", "LISTEN_FDS": "1"], "not a listening socket"),
        ] {
            let before = log.lines(containing: what).count
            let script = """
                [ "$LISTEN_PID" != PID ] || export LISTEN_PID=$$
                exec "$@" 3</dev/null
                """
            let done = try await Command.run(
                ["sh", "-c", script, "sh", program], environment: variables)
            #expect(done.status == 1 && done.output.isEmpty)
            _ = try await patiently("one more line in the log") {
                log.lines(containing: what).count > before ? true : nil
            }
        }
    }

    @Test("A user whom the system does not know is told something")
    func unknownUser() async throws {
        let log = try SystemLog.shared()
        let service = try await Service()
        for uid in ["4242", "65534"] {
            let client = try Client.number(service, uid)
            #expect(try await client.run("status").map(\.kind) == ["end"])
            #expect(try await client.run("login root x nullok").map(\.kind) == ["end"])
            _ = try await log.line(
                containing: "request refused; reason=unknown-user uid=\(uid)")
        }
    }

    @Test("A variable of the environment changes what it does")
    func environment() async throws {
        let scratch = try Scratch()
        let service = try await Service(environment: [
            "NETTLE_FAT_VERBOSE": "1", "NETTLE_FAT_OVERRIDE": "none", "TZ": "../../etc/shadow",
            "SWIFT_DEBUG_HELP": "YES", "HOSTALIASES": scratch.path, "LC_ALL": "tr_TR.UTF-8",
            "MALLOC_CHECK_": "3", "MALLOC_ARENA_MAX": "99", "TMPDIR": scratch.path,
            "store": scratch.path, "STATE_DIRECTORY": scratch.path, "LISTEN_FDNAMES": "x",
        ])
        let client = try Client(service, try await Account.make("variable"))
        let codes = try await client.enroll()
        let replies = try await client.run("status", "verify \(codes[0])", "wait 1", "status")
        #expect(replies.map(\.kind) == ["account", "outcome", "account"])
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path).isEmpty)
        let login = try await client.run("login \(client.user) lock", "answer \(codes[1])")
        #expect(login.last?.end == 0)
    }

    @Test(
        "Under its caller's limits it claims something that is not so",
        arguments: [
            ["prlimit", "--nofile=5"], ["prlimit", "--nofile=6"],
            ["prlimit", "--nofile=8"], ["prlimit", "--fsize=0"], ["prlimit", "--fsize=600"],
            ["prlimit", "--as=100000000"], ["prlimit", "--stack=65536"], ["prlimit", "--nproc=1"],
            ["prlimit", "--data=8388608"],
        ])
    func limits(words: [String]) async throws {
        let good = try await Service()
        let account = try await Account.make("limited")
        let client = try Client(good, account)
        let codes = try await client.enroll()
        let service = try await Service(store: good.store, around: words)
        let limited = try Client(service, account)
        let replies = try await limited.run(
            "verify \(codes[0])", "codes proof \(codes[1])", "status", within: .seconds(90))
        #expect(replies.allSatisfy { $0.why == nil }, "\(replies)")
        // The claim was true, and nothing unclaimed was lost.
        let status = try await client.run("status")[0]
        let isUsed = replies.first?.outcome?.isAccepted == true
        let isRenewed = replies.contains { $0.kind == "done" }
        #expect(status.authenticators == ["phone"])
        let left = try #require(status.account?.backupCodesLeft)
        #expect(isRenewed ? left == 10 : left <= (isUsed ? 9 : 10) && left >= 8)
    }

    @Test("It does not work without capabilities, with no new privileges and the unit's limits")
    func asTheUnit() async throws {
        let service = try await Service(around: [
            "setpriv", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs",
            "prlimit", "--nofile=4096", "--fsize=1048576", "--core=0",
        ])
        let client = try Client(service, try await Account.make("boxed"))
        let codes = try await client.enroll()
        let replies = try await client.run(
            "verify \(codes[0])", "codes proof \(codes[1])", "status")
        #expect(replies.map(\.kind) == ["outcome", "done", "account"])
    }

    @Test("Its memory is open to others, to root without capabilities, or to core files")
    func memory() async throws {
        let service = try await Service()
        let account = try await Account.make("private")
        let client = try Client(service, account)
        try await client.run("status")
        let process = try #require(service.process)
        let limits = try kernelFile("/proc/\(process)/limits")
        let core = limits.split(separator: "\n").first { $0.hasPrefix("Max core file size") }
        #expect(core?.split(separator: " ").suffix(3).elementsEqual(["0", "0", "bytes"]) == true)
        func read(_ process: pid_t, as words: [String]) async throws -> Int32 {
            let script = "dd if=/proc/\(process)/mem bs=1 count=0 status=none"
            return try await Command.run(words + ["sh", "-c", script]).status
        }
        let bare = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"]
        #expect(try await read(process, as: []) == 0)
        #expect(try await read(process, as: bare) != 0)
        #expect(try await read(process, as: account.running([])) != 0)
        // Another process of root's can be read that way.
        let other = try PipedChild(["setpriv", "--bounding-set=-all", "--inh-caps=-all", "cat"])
        try other.write("x\n")
        _ = try await other.line()
        #expect(try await read(other.child.pid, as: bare) == 0)
    }

    @Test("What `make release` builds is not bound at start, or has a run path or more libraries")
    func file() async throws {
        let section = try await Command.output(["readelf", "-dW", try Release.program()])
        let needed = section.split(separator: "\n").filter { $0.contains("(NEEDED)") }
            .compactMap { $0.split(separator: "[").last?.dropLast() }
        let allowed: Set<Substring> = [
            "libnettle.so.8", "libstdc++.so.6", "libm.so.6", "libgcc_s.so.1", "libc.so.6",
            Substring(Machine.loader),
        ]
        #expect(Set(needed).isSubset(of: allowed), "\(needed)")
        #expect(section.contains("BIND_NOW") && section.contains("PIE"))
        #expect(!section.contains("RUNPATH") && !section.contains("RPATH"))
    }
}
