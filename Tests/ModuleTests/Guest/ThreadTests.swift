import Foundation
import TestSupport
import Testing

/// The module in a program that logs several users in at once: each login has its own memory.
@Suite("Several logins in one process")
struct ThreadTests {
    /// A program that loads libpam privately, like services in other languages. Its lines are `user
    /// answer answer...`; it logs all of them in at the same time, once for each answer, and prints
    /// the results.
    private static let host = """
        import sys, threading
        folder, service = sys.argv[1].encode(), sys.argv[2].encode()
        def log_in(user, answer):
            def reply(count, messages, responses, data):
                made = c.cast(libc.calloc(count, c.sizeof(Response)), c.POINTER(Response))
                for index in range(count):
                    if messages[index].contents.style <= 2:
                        made[index].text = libc.strdup(answer)
                responses[0] = made
                return 0
            conversation = Conversation(Function(reply), None)
            handle = c.c_void_p()
            started = pam.pam_start_confdir(
                service, user, c.byref(conversation), folder, c.byref(handle))
            assert started == 0, started
            result = pam.pam_authenticate(handle, 0)
            pam.pam_end(handle, result)
            results.append(f"{user.decode()} {result}")
        def all_of(user, *answers):
            for answer in answers:
                log_in(user, answer)
        results = []
        threads = [threading.Thread(target=all_of, args=line.split())
                   for line in sys.stdin.buffer.read().splitlines()]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        print("\\n".join(results))
        """

    @Test("eight threads with ten logins each: a right code is refused")
    func together() async throws {
        let first = try Enrolled(user: "root")
        var people = [["root"] + first.backupCodes]
        for user in ["daemon", "bin", "sys", "sync", "games", "man", "lp"] {
            people.append([user] + (try Enrolled.enroll(user, in: first.store).1))
        }
        let stack = try first.stack()
        let script = try first.scratch.write(PythonHost.start + Self.host, to: "host.py")
        let done = try await Command.run(
            ["/usr/bin/python3", "-B", script, stack.folder, stack.service],
            input: people.map { $0.joined(separator: " ") }.joined(separator: "\n"))
        try #require(done.status == 0, "\(done.status) \(done.errors)")
        let results = done.output.split(separator: "\n")
        #expect(results.count == 80 && results.allSatisfy { $0.hasSuffix(" 0") }, "\(results)")
    }
}
