import Foundation
import TestSupport

/// A program that forks in the midst of its conversation with the module: Python, with libpam as
/// the C programs have it.
struct CrowdForkHost: Sendable {
    /// What becomes of the process that was started there.
    enum Manner: String, CaseIterable, Encodable, Sendable {
        /// It answers, as its parent does.
        case answers
        /// It dies before it answers.
        case dies
        /// It answers, and is killed a moment later, wherever it is then.
        case isKilled
        /// It answers when its parent has ended.
        case staysBehind
    }

    /// What the program is to do.
    private struct Plan: Encodable {
        let confdir: String, service: String, user: String, environment: String
        let replies: [String]
        let at: Int
        let manner: Manner
    }

    /// How it ended for one of the two.
    struct End: Decodable, Sendable {
        let role: String
        /// libpam's number.
        let code: Int
        /// The key that was shown last; empty for none.
        let key: String
    }

    let stack: Stack
    let user: String
    let program: String

    init(_ enrolled: Enrolled, _ arguments: String) throws {
        stack = try enrolled.stack(arguments, service: "sshd")
        user = enrolled.user
        program = try enrolled.scratch.write(PythonHost.start + Self.program, to: "forks.py")
    }

    /// One login that forks at question `at` and gives these replies, `@code` for the code of the
    /// key that was shown; how it ended for each who lived to say so.
    func run(_ replies: [String], at: Int, _ manner: Manner) async throws -> [End] {
        let plan = Plan(
            confdir: stack.folder, service: stack.service, user: user,
            environment: "SSH_AUTH_INFO_0=\(LoginKey().line)\n", replies: replies, at: at,
            manner: manner)
        let text = String(decoding: try JSONEncoder().encode(plan), as: UTF8.self)
        let done = try await Command.run(["python3", "-BI", program, text])
        guard done.status == 0, done.errors.isEmpty else {
            throw Trouble("the host ended with \(done.status): \(done.output) \(done.errors)")
        }
        return try done.output.split(separator: "\n").map {
            try JSONDecoder().decode(End.self, from: Data($0.utf8))
        }
    }

    private static let program = #"""
        import json, os, random, re, signal, subprocess, sys
        plan = json.loads(sys.argv[1])
        role, asked, key = "parent", 0, ""
        alive, parents = os.pipe()

        def fork():
            global role
            if os.fork() != 0:
                return
            role = "child"
            os.close(parents)
            if plan["manner"] == "dies":
                os.kill(os.getpid(), signal.SIGKILL)
            if plan["manner"] == "staysBehind":
                os.read(alive, 1)

        def shown():
            words = ["oathtool", "--totp", "--base32", "-"]
            return subprocess.run(words, input=key.encode(), capture_output=True).stdout.strip()

        def converse(count, messages, responses, data):
            global asked, key
            memory = libc.calloc(count, c.sizeof(Response))
            responses[0] = c.cast(memory, c.POINTER(Response))
            for index in range(count):
                message = messages[index].contents
                if message.style not in (1, 2):
                    continue
                for found in re.findall(rb"^Key: ([A-Z2-7 ]+)$", message.text, re.M):
                    key = found.replace(b" ", b"").decode()
                asked += 1
                if asked == plan["at"]:
                    fork()
                reply = plan["replies"][asked - 1]
                text = shown() if reply == "@code" else reply.encode()
                if asked == plan["at"] and role == "child" and plan["manner"] == "isKilled":
                    # Nothing in this process takes the signal, so that it ends.
                    signal.setitimer(signal.ITIMER_REAL, random.uniform(0.00001, 0.006))
                responses[0][index].text = libc.strdup(text)
            return 0

        def logIn():
            conversation = Conversation(Function(converse), None)
            handle = c.c_void_p()
            code = pam.pam_start_confdir(
                plan["service"].encode(), plan["user"].encode(), c.byref(conversation),
                plan["confdir"].encode(), c.byref(handle))
            if code == 0:
                # PAM_TTY
                pam.pam_set_item(handle, 3, b"ssh")
                pam.pam_putenv(handle, plan["environment"].encode())
                code = pam.pam_authenticate(handle, 0)
                pam.pam_end(handle, code)
            end = {"role": role, "code": code, "key": key}
            os.write(1, json.dumps(end).encode() + b"\n")

        # PR_SET_CHILD_SUBREAPER: who is left behind is waited for as well.
        libc.prctl(36, 1, 0, 0, 0)
        if os.fork() == 0:
            logIn()
            os._exit(0)
        os.close(parents)
        try:
            while True:
                os.wait()
        except ChildProcessError:
            pass

        """#
}
