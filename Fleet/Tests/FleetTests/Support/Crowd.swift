import Foundation
import TestSupport

/// Many logins through the real libpam, held ready to answer at the same moment, at all hosts.
actor Crowd {
    /// How one login ended.
    struct Result: Decodable, Sendable {
        struct Message: Decodable, Sendable { let text: String }
        let code: Int
        let name: String
        let prompts: Int
        /// How long it took, in nanoseconds.
        let ns: Int
        let messages: [Message]

        var isIn: Bool { code == 0 }
        /// Whether the user heard that nobody could check.
        var isUnchecked: Bool { name == "PAM_AUTHINFO_UNAVAIL" }
        /// In seconds.
        var time: Double { Double(ns) / 1e9 }
        var said: String { messages.map(\.text).joined(separator: " ") }
    }

    private let programs: [PipedChild]

    /// Starts so many programs, in turn at these hosts. The service has one line: `module` and
    /// options. Whoever is not remote, but on the host already, is told why a code is refused.
    init(
        _ count: Int, at hosts: [Host], options: String = "", isRemote: Bool = true
    ) throws {
        let service = "crowd" + (options.isEmpty ? "" : "-options") + (isRemote ? "" : "-here")
        for host in hosts {
            try host.service(
                ["auth required module \(options)", "auth required pam_permit.so"],
                named: service)
        }
        programs = try (0..<count).map { number in
            let host = hosts[number % hosts.count]
            let program = try PipedChild(
                host.machine.words + [Host.program("pam-dialogue")])
            try program.write("service \(service)\n")
            // From addresses of their own: a person is slowed down by address.
            if isRemote { try program.write("rhost 198.51.100.\(number % 250 + 1)\n") }
            return program
        }
    }

    /// All of them, or those with these numbers, log in at once with the same answer.
    func rush(
        _ user: String, _ answer: String, by numbers: Range<Int>? = nil
    ) async throws -> [Result] {
        let chosen = Array(programs[numbers ?? 0..<programs.count])
        for program in chosen {
            try program.write("user \(user)\nforget\nanswer \(answer)\n")
        }
        for program in chosen { try program.write("go authenticate\n") }
        var results: [Result] = []
        for program in chosen {
            guard let line = try await program.line() else { throw Trouble("a login ended") }
            do {
                results.append(try JSONDecoder().decode(Result.self, from: line))
            } catch {
                throw Trouble("no result: \(String(decoding: line, as: UTF8.self))")
            }
        }
        return results
    }

    /// One login.
    func login(_ user: String, _ answer: String, by number: Int = 0) async throws -> Result {
        let results = try await rush(user, answer, by: number..<number + 1)
        return results[0]
    }
}
