import Foundation
import TestSupport

/// A program with the module that controls its own descriptors and processes: Python, using libpam
/// as C programs do.
struct BareHost {
    let stack: Stack
    let user: String
    private let program: String

    init(_ enrolled: Enrolled) throws {
        stack = try enrolled.stack()
        user = enrolled.user
        program = try enrolled.scratch.write(PythonHost.start + Self.program, to: "host.py")
    }

    /// What it does in its conversation.
    enum Manner: String {
        case answers
        /// Forks there, and both processes answer.
        case forks
        /// Forks a process there that sleeps for a minute, and answers.
        case leavesChild = "leaves-child"
    }

    /// One login after another, with these answers and these descriptors closed; libpam's results
    /// as numbers, in the order in which they came.
    func logins(
        _ answers: [String], _ manner: Manner = .answers, closed: [Int] = []
    ) async throws -> [Int] {
        // It keeps its results to the end, when no output of the module's can get mixed in.
        let done = try await Command.run(
            [
                "/usr/bin/python3", "-BI", program, stack.folder, stack.service, user,
                closed.map(String.init).joined(), manner.rawValue,
            ] + answers)
        guard done.status == 0, done.errors.isEmpty else {
            throw Trouble("the host ended with \(done.status): \(done.output) \(done.errors)")
        }
        return done.output.split(separator: "\n").compactMap { Int($0) }
    }

    private static let program = """
        import os, signal, sys, time
        confdir, service, user, closed, manner = [word.encode() for word in sys.argv[1:6]]
        report = os.dup(1)

        answer, child = b"", None

        def converse(count, messages, responses, data):
            global child
            memory = libc.calloc(count, c.sizeof(Response))
            responses[0] = c.cast(memory, c.POINTER(Response))
            for index in range(count):
                if messages[index].contents.style in (1, 2):
                    if child is None and manner != b"answers":
                        child = os.fork()
                        if child == 0 and manner == b"leaves-child":
                            time.sleep(60)
                            os._exit(0)
                    responses[0][index].text = libc.strdup(answer)
            return 0

        conversation = Conversation(Function(converse), None)
        for digit in closed.decode():
            os.close(int(digit))
        results = b""
        for word in sys.argv[6:]:
            answer = word.encode()
            handle = c.c_void_p()
            code = pam.pam_start_confdir(
                service, user, c.byref(conversation), confdir, c.byref(handle))
            if code == 0:
                code = pam.pam_authenticate(handle, 0)
                pam.pam_end(handle, code)
            results += b"%d\\n" % code
        os.write(report, results)
        if child and manner == b"leaves-child":
            os.kill(child, signal.SIGKILL)
        if child:
            os.waitpid(child, 0)
        os._exit(0)

        """
}
