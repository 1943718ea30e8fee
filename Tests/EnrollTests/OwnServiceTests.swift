import Foundation
import TestSupport
import Testing

/// The swiftotpd that a command starts for itself, and when it starts none.
@Suite struct OwnServiceTests {
    let desk: Desk

    init() throws {
        try Build.requireGround()
        desk = try Desk()
    }

    /// The service started by a command that waits at a terminal.
    private func service(of terminal: Terminal) async throws -> String {
        let pid = terminal.child.pid
        return try await patiently("a service of its own") {
            let list = try? String(
                contentsOfFile: "/proc/\(pid)/task/\(pid)/children", encoding: .utf8)
            return list?.split(separator: " ").first.map(String.init)
        }
    }

    /// A command that waits at a terminal and has already asked its service.
    private func waiting() async throws -> Terminal {
        let terminal = try Terminal(desk.words(["codes"]))
        try await terminal.expect("Replace the 10 codes left? [y/N] ")
        return terminal
    }

    @Test func itHasNothingOfItsStarter() async throws {
        try await desk.enroll()
        let terminal = try await waiting()
        let process = "/proc/\(try await service(of: terminal))"
        let words = try String(contentsOfFile: process + "/cmdline", encoding: .utf8)
        #expect(
            words.split(separator: "\0").dropFirst() == ["--stdio", "--store", desk.store[...]])
        #expect(FileManager.default.contents(atPath: process + "/environ") == Data())
        let files = try FileManager.default.contentsOfDirectory(atPath: process + "/fd")
        #expect(files.sorted() == ["0", "1", "2"])
        let group = try String(contentsOfFile: process + "/stat", encoding: .utf8)
            .split(separator: " ")[4]
        #expect(process.hasSuffix("/\(group)"))
        try await terminal.type("n")
        #expect(try await terminal.finish() == 1)
        #expect(!FileManager.default.fileExists(atPath: process))
    }

    @Test(arguments: [SIGKILL, SIGINT, SIGHUP])
    func itEndsWithItsStarter(signal: Int32) async throws {
        try await desk.enroll()
        let terminal = try await waiting()
        let process = "/proc/\(try await service(of: terminal))"
        terminal.child.signal(signal)
        _ = try await terminal.finish()
        try await patiently("the service to end") {
            FileManager.default.fileExists(atPath: process) ? nil : ()
        }
    }

    @Test func oneThatEndedIsStartedAnew() async throws {
        try await desk.enroll()
        let terminal = try await waiting()
        let pid = try await service(of: terminal)
        kill(try #require(pid_t(pid)), SIGKILL)
        try await patiently("the service to end") { () -> Void? in
            let state = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
            return state?.contains(") Z ") == true ? () : nil
        }
        try await terminal.type("y")
        try await terminal.expect("All older backup codes of root stopped working.")
        #expect(try await terminal.finish() == 0)
    }

    @Test func oneOfOnesOwnIsNotTheOneThatListens() async throws {
        let service = try await Service()
        for option in [["--store", desk.store], ["--config", "/dev/null"]] {
            let done = try await Command.run(
                [try Build.product("otp-enroll"), "status", "--socket", service.socket] + option)
            #expect(done.status == 64)
            #expect(
                done.errors.hasPrefix(
                    "otp-enroll: --socket names a service with its own options and store: it cannot"
                        + " be combined"), "\(done.errors)")
        }
    }

    /// Root might mean a store other than the system's.
    @Test func whereANamedOneDoesNotListenNoneIsStarted() async throws {
        let socket = desk.scratch.file("none.sock")
        let done = try await Command.run(
            [try Build.product("otp-enroll"), "status", "--socket", socket])
        #expect(done.status == 1)
        #expect(done.errors.hasPrefix("otp-enroll: swiftotpd is not listening at \(socket)\n"))
    }

    /// Runs otp-enroll alone, with this folder in place of /usr/libexec.
    private func runAlone(_ arguments: [String], libexec: String) async throws -> Command {
        let program = desk.scratch.file("otp-enroll")
        if access(program, F_OK) != 0 {
            try Scratch.copy(program: Build.product("otp-enroll"), to: program)
        }
        let script = #"mount --bind "$0" /usr/libexec && exec "$@""#
        return try await Command.run(
            ["unshare", "--mount", "sh", "-c", script, libexec, program] + arguments)
    }

    @Test func withoutTheProgramItSaysWhatIsMissing() async throws {
        let empty = try desk.scratch.folder("libexec", mode: 0o755)
        let done = try await runAlone(["status"], libexec: empty)
        #expect(
            done.errors == """
                otp-enroll: /usr/libexec/swiftotpd cannot be started: no such file or directory
                hint: it belongs to the module: install it as well
                hint: swiftotpd is not listening at /run/swiftotp/swiftotpd.sock

                """)
        #expect(done.status == 1)
    }

    @Test func rootStartsNothingThatOthersCanChange() async throws {
        let libexec = try desk.scratch.folder("libexec", mode: 0o755)
        let program = libexec + "/swiftotpd"
        try await Command.output(["install", Build.product("swiftotpd"), program])
        let status = ["status", "--store", desk.store]
        #expect(try await runAlone(status, libexec: libexec).output == "root is not enrolled.\n")
        for harm in [{ chmod(program, 0o775) }, { chown(program, 5, 0) }] {
            try await Command.output(["chmod", "755", program])
            _ = harm()
            let done = try await runAlone(status, libexec: libexec)
            #expect(done.status == 1)
            #expect(
                done.errors.hasPrefix(
                    "otp-enroll: /usr/libexec/swiftotpd can be changed by users other than root\n"))
        }
    }

    /// Only the service opens the store.
    @Test(arguments: [
        ["status"], ["list"], ["codes", "--yes"], ["issue", "root"], ["add", "--no-confirm"],
        ["export", "--format", "json", "--output", "OUT", "--reveal-secrets"], ["doctor"],
        ["reset", "root", "--yes"],
    ])
    func theCommandOpensNothingOfTheStore(command: [String]) async throws {
        try await desk.enroll()
        let file = desk.scratch.file("trace")
        let words = command.map { $0.replacing("OUT", with: desk.scratch.file("out")) }
        _ = try await Command.run(
            Trace.words(to: file, calls: ["open", "openat", "openat2"], follows: false)
                + desk.words(words))
        let calls = try Trace(file).calls
        #expect(calls.count > 10)
        let name = String(desk.scratch.path.split(separator: "/").last ?? "")
        let opened = calls.filter {
            $0.line.contains(name) && !$0.line.contains("/out\"")
        }
        #expect(opened.isEmpty, "\(opened.map(\.line))")
    }
}
