import Foundation
import TestSupport
import Testing

/// The module in a program that logs several people in at once, and in one that logs somebody in
/// while it is asked for another's code: a login's memory is nobody else's.
@Suite("Several logins in one process")
struct ThreadTests {
    /// A program that opens libpam for itself alone, as services in other languages do. Its lines
    /// are `user answer answer...`; it logs everybody in at the same time, once an answer, and
    /// prints the results. With `nested`, the second user logs in from within the first's question.
    private static let host = """
        import sys, threading
        nested, folder, service = sys.argv[1] == "nested", sys.argv[2].encode(), sys.argv[3].encode()
        def log_in(user, answer, meanwhile=lambda: None):
            def reply(count, messages, responses, data):
                made = c.cast(libc.calloc(count, c.sizeof(Response)), c.POINTER(Response))
                for index in range(count):
                    if messages[index].contents.style <= 2:
                        meanwhile()
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
        people = [line.split() for line in sys.stdin.buffer.read().splitlines()]
        results = []
        def all_of(person):
            for answer in person[1:]:
                log_in(person[0], answer)
        if nested:
            (first, second) = people
            for answer, other in zip(first[1:], second[1:]):
                log_in(first[0], answer, lambda: log_in(second[0], other))
        else:
            threads = [threading.Thread(target=all_of, args=(person,)) for person in people]
            for thread in threads: thread.start()
            for thread in threads: thread.join()
        print("\\n".join(results))
        """

    /// Enrolls `users` in one store, and logs them in with their backup codes; the results.
    private func results(_ users: [String], nested: Bool) async throws -> [String] {
        let first = try Enrolled(user: users[0])
        var people = [[users[0]] + first.backupCodes]
        for user in users.dropFirst() {
            people.append([user] + (try Enrolled.enroll(user, in: first.store).1))
        }
        let stack = try first.stack()
        let script = try first.scratch.write(PythonHost.start + Self.host, to: "host.py")
        let done = try await Command.run(
            ["python3", "-B", script, nested ? "nested" : "together", stack.folder, stack.service],
            input: people.map { $0.joined(separator: " ") }.joined(separator: "\n"),
            within: .seconds(60))
        try #require(done.status == 0, "\(done.status) \(done.errors)")
        return done.output.split(separator: "\n").map(String.init)
    }

    @Test("eight threads, ten logins each: everybody is let in every time")
    func together() async throws {
        let users = ["root", "daemon", "bin", "sys", "sync", "games", "man", "lp"]
        let results = try await results(users, nested: false)
        #expect(results.count == 80 && results.allSatisfy { $0.hasSuffix(" 0") }, "\(results)")
    }

    @Test("a login within another's question: both are let in")
    func nested() async throws {
        let results = try await results(["daemon", "bin"], nested: true)
        #expect(results == Array(repeating: ["bin 0", "daemon 0"], count: 10).flatMap { $0 })
    }

    /// A program that leaves its first conversations by siglongjmp(3), as one with a time limit of
    /// its own might, and logs in after that in the same thread: `host FOLDER SERVICE USER CODES...`,
    /// which prints the result of each code.
    private static let leapingHost = #"""
        #define _GNU_SOURCE
        #include <security/pam_appl.h>
        #include <setjmp.h>
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>

        static sigjmp_buf back;
        static const char *answer;

        static int converse(int count, const struct pam_message **messages,
                            struct pam_response **responses, void *data) {
            if (!answer) siglongjmp(back, 1);
            *responses = calloc(count, sizeof(struct pam_response));
            for (int i = 0; i < count; i++)
                if (messages[i]->msg_style <= PAM_PROMPT_ECHO_ON)
                    (*responses)[i].resp = strdup(answer);
            return PAM_SUCCESS;
        }

        // As deep in the stack as it is told, and what it finds there is not what it was.
        static int log_in(char **words, int depth) {
            char room[4096];
            memset(room, depth, sizeof room);
            __asm__ volatile("" : : "r"(room) : "memory");
            if (depth) {
                int result = log_in(words, depth - 1);
                for (unsigned i = 0; i < sizeof room; i++) if (room[i] != depth) return -1;
                return result;
            }
            struct pam_conv conversation = {converse, NULL};
            pam_handle_t *handle;
            if (pam_start_confdir(words[2], words[3], &conversation, words[1], &handle)) return -2;
            if (!answer && sigsetjmp(back, 0)) return 0;
            int result = pam_authenticate(handle, 0);
            if (pam_end(handle, result)) return -3;
            return result;
        }

        int main(int count, char **words) {
            for (int i = 4; i < count; i++) {
                answer = NULL;
                if (log_in(words, 12) != 0) return 1;
                answer = words[i];
                printf("%d\n", log_in(words, i % 2 ? 0 : 24));
            }
        }
        """#

    @Test("a host that leaps out of its conversation logs in afterwards, in the same thread")
    func leaps() async throws {
        let enrolled = try Enrolled()
        let stack = try enrolled.stack()
        let host = enrolled.scratch.file("host")
        try await Command.output([
            "clang", "-O1", "-Wall", "-Werror", "-fuse-ld=lld", "-o", host,
            try enrolled.scratch.write(Self.leapingHost, to: "host.c"), "-lpam",
        ])
        let codes = enrolled.backupCodes.flatMap { [$0, $0] }
        let done = try await Command.run(
            [host, stack.folder, stack.service, enrolled.user] + codes)
        try #require(done.status == 0, "\(done.status) \(done.errors)")
        // In by each code once, and refused by it the second time, until failures add up.
        let results = done.output.split(separator: "\n").compactMap { Int($0) }
        #expect(results == Array(repeating: [0, 7], count: 10).flatMap { $0 })
    }
}
