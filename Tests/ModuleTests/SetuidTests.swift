import Foundation
import TestSupport
import Testing

/// The module in a setuid program, whose caller chooses the limits, the signals and the variables.
@Suite("In a setuid program", .serialized)
struct SetuidTests {
    private static let wrong = "0ZZZZ-ZZZZZ-ZZZZZ"

    @Test("The program is what it is taken for: an ordinary user's, with the rights of root")
    func rights() async throws {
        let host = try await SetuidHost()
        let line = try #require(try await host.lines(["hostcheck"]).last)
        let object = try JSONSerialization.jsonObject(with: Data(line.utf8))
        let state = try #require(object as? [String: Any])
        let number = try Account.numbers(of: host.enrolled.user).uid
        #expect(state["uids"] as? String == "\(number) 0 0 0")
    }

    @Test("No file may grow: in where the record could be written, and else out")
    func fileSize() async throws {
        let sizes = [
            0, 1, 512, 520, 528, 529, 544, 700, 1023, 1024, 4096, 4097, 4608, 8191, 8192, 8704,
            12287, 12288, 16384, 1 << 20,
        ]
        let kinds = [["env", "--ignore-signal=XFSZ"], ["env", "--default-signal=XFSZ"]]
        for kind in kinds {
            let outcomes = try await sweep(sizes.map { kind + ["prlimit", "--fsize=\($0)"] })
            #expect(outcomes.first == false && outcomes.last == true, "\(outcomes)")
        }
    }

    @Test("Few descriptors: in or out, and never in without a record that knows it")
    func descriptors() async throws {
        let outcomes = try await sweep((3...12).map { ["prlimit", "--nofile=\($0)"] })
        #expect(outcomes.first == false && outcomes.last == true, "\(outcomes)")
    }

    @Test("Little memory: in or out, and never in without a record that knows it")
    func memory() async throws {
        let outcomes = try await sweep(
            (4...56).map { ["prlimit", "--as=\($0 << 19)"] } + [["prlimit", "--as=\(1 << 28)"]])
        #expect(outcomes.first == false && outcomes.last == true, "\(outcomes)")
        let heaps = try await sweep(
            (1...24).map { ["prlimit", "--data=\($0 << 15)"] } + [["prlimit", "--data=\(1 << 26)"]])
        #expect(heaps.last == true, "\(heaps)")
        let stacks = try await sweep(
            [14, 15, 16, 17, 18, 20].map { ["prlimit", "--stack=\(1 << $0)"] })
        #expect(stacks.last == true, "\(stacks)")
    }

    @Test("Odd variables: a right code is in, a wrong one out, and nothing else is said")
    func environment() async throws {
        let host = try await SetuidHost()
        let library = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1"
        try #require(access(library, R_OK) == 0, "no \(library)")
        let folder = try host.enrolled.scratch.folder("lure", mode: 0o777)
        for variables in [
            // With an hour more, no code of now is right.
            ["LD_PRELOAD=\(library)", "FAKETIME=+1h"],
            ["LD_PRELOAD=libfaketime.so.1", "LD_LIBRARY_PATH=/usr/lib/x86_64-linux-gnu/faketime"],
            [
                "LD_AUDIT=\(library)", "LD_DEBUG=all", "LD_DEBUG_OUTPUT=\(folder)/ld",
                "LD_BIND_NOW=1",
            ],
            ["LD_PROFILE=libpam.so.0", "LD_PROFILE_OUTPUT=\(folder)", "LD_SHOW_AUXV=1"],
            ["NETTLE_FAT_VERBOSE=1", "NETTLE_FAT_OVERRIDE=none"],
            ["MALLOC_CHECK_=3", "MALLOC_PERTURB_=165", "MALLOC_ARENA_MAX=1", "MALLOC_TOP_PAD_=0"],
            ["GLIBC_TUNABLES=glibc.malloc.check=3:glibc.malloc.perturb=90"],
            ["TZ=../../../../etc/shadow", "TZDIR=\(folder)"], ["TZ=:/dev/tty"],
            ["SWIFT_DEBUG_HELP=YES", "SWIFT_BACKTRACE=enable=yes,output-to=\(folder)"],
            ["SWIFT_DEBUG_ENABLE_MALLOC_SCRIBBLE=YES", "SWIFT_DETERMINISTIC_HASHING=1"],
            ["LC_ALL=tr_TR.UTF-8", "LOCPATH=\(folder)", "NLSPATH=\(folder)/%N"],
            ["HOSTALIASES=\(folder)/x", "RES_OPTIONS=debug", "LOCALDOMAIN=x", "TMPDIR=\(folder)"],
            ["PAM_USER=root", "USER=root", "LOGNAME=root", "HOME=/root", "store=/tmp"],
        ] {
            let phone = try host.enrolled.renewKey()
            let words = ["env"] + variables
            #expect(try await host.login(Self.wrong, words) == "PAM_AUTH_ERR", "\(variables)")
            let code = try await phone.code()
            #expect(try await host.login(code, words) == "PAM_SUCCESS", "\(variables)")
            #expect(try await host.login(code, words) == "PAM_AUTH_ERR", "\(variables)")
            try host.enrolled.change { $0.throttle.unlock() }
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
    }

    @Test("The umask of the caller decides who may read the seal key", arguments: ["0777", "0"])
    func umask(_ mask: String) async throws {
        let host = try await SetuidHost("enroll=require after_first_factor")
        let enrolled = host.enrolled
        let files = [try enrolled.recordFile, enrolled.store + "/seal.key"]
        for file in files { try #require(unlink(file) == 0) }
        let talk = try Talk(host.stack, user: enrolled.user, around: host.around("umask \(mask)"))
        let phone = try Talk.phone(typing: talk.opening)
        try await phone.settle()
        try talk.answer(try await phone.code())
        _ = try talk.question()
        try talk.answer("")
        #expect(try talk.result().name == "PAM_SUCCESS")
        for file in files {
            let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions]
            #expect(mode as? Int == 0o600, "\(file)")
        }
        #expect(try await host.login(try await phone.code(steps: 1)) == "PAM_SUCCESS")
    }

    /// Tries a wrong code and a right one under each of these limits, and the right one without
    /// any; which limits let the right one in.
    private func sweep(_ limits: [[String]]) async throws -> [Bool] {
        let host = try await SetuidHost()
        var outcomes: [Bool] = []
        for words in limits {
            try host.enrolled.change { $0.throttle.unlock() }
            let code = try await host.enrolled.renewKey().code()
            // The program may not start at all, or end at any point: then it says nothing.
            let denials: Set<String?> = [
                nil, "PAM_AUTH_ERR", "PAM_AUTHINFO_UNAVAIL", "PAM_MODULE_UNKNOWN", "PAM_BUF_ERR",
                "PAM_SYSTEM_ERR", "PAM_ABORT", "PAM_CONV_ERR", "PAM_SERVICE_ERR",
            ]
            let wrong = try await host.login(Self.wrong, words)
            #expect(denials.contains(wrong), "\(words): \(wrong ?? "")")
            let limited = try await host.login(code, words)
            #expect(denials.contains(limited) || limited == "PAM_SUCCESS", "\(limited ?? "")")
            let free = try await host.login(code)
            if limited == "PAM_SUCCESS" {
                #expect(free == "PAM_AUTH_ERR", "\(words): in twice")
            } else if limited == nil {
                #expect(free == "PAM_SUCCESS" || free == "PAM_AUTH_ERR", "\(words): \(free ?? "")")
            } else {
                #expect(free == "PAM_SUCCESS", "\(words): \(limited ?? ""), \(free ?? "")")
            }
            // The record is whole.
            #expect(try host.enrolled.read { $0.backupCodesLeft } == 10, "\(words)")
            outcomes.append(limited == "PAM_SUCCESS")
        }
        return outcomes
    }
}

/// A setuid copy of pam-dialogue, run by an ordinary user who is enrolled.
struct SetuidHost {
    let enrolled: Enrolled
    private let account: Account
    private let program: String
    /// What the environment of each service has that a login here starts.
    private let mark: String
    let stack: Stack

    /// `arguments` are the module's.
    init(_ arguments: String = "") async throws {
        account = try await Self.account.value
        enrolled = try Enrolled(user: account.name)
        program = enrolled.scratch.file("pam-dialogue")
        mark = "SETUID=\(program)"
        // By another process: a program that is open for writing, be it in what is just being
        // started beside us, cannot be run.
        try await Command.output(["cp", try Build.product("pam-dialogue"), program])
        guard chown(program, 0, 0) == 0, chmod(program, 0o4755) == 0 else {
            throw Trouble("cannot make \(program) setuid")
        }
        stack = try enrolled.stack(arguments, behind: ["env", mark])
    }

    /// Waits until no service works on for a login whose program was killed.
    func waitForServices() async throws { try await Door.waitForServices(mark) }

    /// The words that run the program as its user, behind others.
    func running(_ words: [String]) -> [String] { account.running(words + [program]) }

    /// Words before pam-dialogue, so that its user runs the setuid one, behind this line of a shell's.
    func around(_ line: String) -> [String] {
        account.running(["sh", "-c", "\(line); exec \(program)"])
    }

    /// Starts a login at a terminal, which asks so often; each answer is a line that is typed.
    func begin(at terminal: Terminal?, questions: Int) async throws {
        let later = Array(repeating: "answer-later", count: questions)
        for line in [
            "confdir \(stack.folder)", "service \(stack.service)", "user \(enrolled.user)",
            "fail-delay note",
        ] + later + ["go authenticate"] {
            try await terminal?.type(line)
        }
    }

    /// The result of one login, behind these words; nil where the program came to none.
    func login(
        _ answer: String, _ words: [String] = [], in room: HostRoom? = nil
    ) async throws -> String? {
        let lines = try await lines(
            ["user \(enrolled.user)", "fail-delay note", "answer \(answer)", "go authenticate"],
            words, in: room)
        guard let line = lines.last else { return nil }
        guard lines.count == 1 else { throw Trouble("it said more: \(lines)") }
        return try? JSONDecoder().decode(Result.self, from: Data(line.utf8)).name
    }

    /// What the program prints.
    func lines(
        _ commands: [String], _ words: [String] = [], in room: HostRoom? = nil
    ) async throws -> [Substring] {
        let input =
            ["confdir \(stack.folder)", "service \(stack.service)"] + commands + ["quit", ""]
        // Through a pipe, which no limit of file sizes counts for.
        let program = room?.running(running(words)) ?? running(words)
        let done = try await Command.run(
            ["sh", "-c", "\"$@\" | cat", "sh"] + program,
            input: input.joined(separator: "\n"))
        return done.output.split(separator: "\n")
    }

    private static let account = Task { try await Account.make("caller") }
}
