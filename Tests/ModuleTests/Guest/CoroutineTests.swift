import Foundation
import TestSupport
import Testing

/// The module in a program that serves all its clients in one thread, like ocserv: a login waits
/// for its answer on its own stack, while others begin and end on theirs.
@Suite("Several logins in one thread")
struct CoroutineTests {
    /// `host FOLDER SERVICE TURNS USER ANSWER...`: the logins begin together. Each of TURNS gives
    /// the login of that number (`a` is the first) the answer to its question; it runs until it
    /// asks again, or ends. Prints the users and their results as they end.
    private static let host = #"""
        #define _GNU_SOURCE
        #include <security/pam_appl.h>
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        #include <ucontext.h>

        struct login {
            ucontext_t place;
            const char *user, *answer;
            int ended;
        };
        static struct login logins[26];
        static ucontext_t hub;
        static const char *folder, *service;
        static int current;

        static int converse(int count, const struct pam_message **messages,
                            struct pam_response **responses, void *data) {
            struct login *login = data;
            *responses = calloc(count, sizeof(struct pam_response));
            for (int i = 0; i < count; i++)
                if (messages[i]->msg_style <= PAM_PROMPT_ECHO_ON) {
                    swapcontext(&login->place, &hub);
                    (*responses)[i].resp = strdup(login->answer);
                }
            return PAM_SUCCESS;
        }

        static void log_in(void) {
            struct login *login = &logins[current];
            struct pam_conv conversation = {converse, login};
            pam_handle_t *handle;
            if (pam_start_confdir(service, login->user, &conversation, folder, &handle)) exit(2);
            int result = pam_authenticate(handle, 0);
            if (pam_end(handle, result)) exit(3);
            printf("%s %d\n", login->user, result);
            login->ended = 1;
        }

        static void go_on(int number) {
            if (number < 0 || number > 25 || logins[number].ended) exit(4);
            current = number;
            swapcontext(&hub, &logins[number].place);
        }

        int main(int count, char **words) {
            folder = words[1], service = words[2];
            for (int i = 0; 5 + 2 * i < count; i++) {
                struct login *login = &logins[i];
                login->user = words[4 + 2 * i], login->answer = words[5 + 2 * i];
                getcontext(&login->place);
                login->place.uc_stack.ss_sp = malloc(256 << 10);
                login->place.uc_stack.ss_size = 256 << 10;
                login->place.uc_link = &hub;
                makecontext(&login->place, log_in, 0);
                go_on(i);
            }
            for (const char *turn = words[3]; *turn; turn++) go_on(*turn - 'a');
        }
        """#

    /// Who logs in, with which answer, and with which result.
    private struct Login {
        let user: String
        let answer: String
        let result: String
    }

    /// Five logins of four users: right codes, a wrong one, a user without a record, and an unknown
    /// name.
    private func logins(_ first: Enrolled) throws -> [Login] {
        let (_, codes) = try Enrolled.enroll("daemon", in: first.store)
        return [
            Login(user: "root", answer: first.backupCodes[0], result: "0"),
            Login(user: "daemon", answer: codes[0], result: "0"),
            Login(user: "bin", answer: "123456", result: "7"),
            Login(user: "root", answer: first.backupCodes[1], result: "0"),
            Login(user: "daemon", answer: "0ZZZZ-ZZZZZ-ZZZZZ", result: "7"),
            Login(user: "stranger", answer: "123456", result: "7"),
        ]
    }

    /// First in, first out; last in, first out; and at random. With retry=2, logins without a right
    /// answer are asked twice.
    private static let turns: [String] = {
        var lot = Seeded(20_261_128)
        let all = "abccdeeff"
        return ["abcdefcef", "ffeedccba"] + (0..<6).map { _ in String(all.shuffled(using: &lot)) }
    }()

    @Test("logins in one thread, answered in any order, disturb each other", arguments: turns)
    func interleaved(_ turns: String) async throws {
        try await run(turns)
        let door = ServiceAccess.resident(try await Service.shared().socket)
        try await ServiceAccess.$current.withValue(door) { try await run(turns) }
    }

    private func run(_ turns: String) async throws {
        let first = try Enrolled(user: "root")
        let stack = try first.stack("retry=2")
        let logins = try logins(first)
        let host = first.scratch.file("host")
        try await Command.output([
            "clang", "-O1", "-Wall", "-Werror", "-fuse-ld=lld", "-o", host,
            try first.scratch.write(Self.host, to: "host.c"), "-lpam",
        ])
        let done = try await Command.run(
            [host, stack.folder, stack.service, turns] + logins.flatMap { [$0.user, $0.answer] },
            within: .seconds(60))
        try #require(done.status == 0, "\(turns): \(done.status) \(done.errors)")
        let lines = done.output.split(separator: "\n").map(String.init)
        let wanted = logins.map { "\($0.user) \($0.result)" }
        #expect(lines.sorted() == wanted.sorted(), "\(turns)")
    }
}
