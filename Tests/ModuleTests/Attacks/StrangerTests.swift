import Foundation
import OTPCore
import OTPStore
import TestSupport
import Testing

/// Whether a name exists, and whether that user is enrolled, shows in nothing that a person without
/// a code can see: neither in questions, messages and results, nor in the work done.
@Suite("Strangers")
struct StrangerTests {
    /// All kinds of names: enrolled, without a record, reset, and unknown.
    private static let names = ["daemon", "bin", "sys", "mallory"]

    /// A store in which those names have those states.
    private func enrolled() throws -> Enrolled {
        let enrolled = try Enrolled(user: "daemon")
        let reset = try Enrolled(user: "sys", in: enrolled.scratch)
        try reset.change { $0.removeAll() }
        return enrolled
    }

    /// What a person logging in can see; waits are measured in seconds.
    private struct Sight: Equatable {
        let name: String
        let prompts: Int
        let texts: [String]

        init(_ result: DialogueResult) {
            name = result.name
            prompts = result.prompts
            texts = result.messages.map {
                "\($0.style): " + $0.text.replacing(/in [23][0-9] seconds/, with: "in 30 seconds")
            }
        }
    }

    /// What each of the names sees if `answers` are given, one login for each list.
    private func look(
        _ enrolled: Enrolled, _ arguments: String = "", _ logins: [[String]],
        from address: String = ""
    ) async throws -> [[Sight]] {
        let stack = try enrolled.stack(arguments)
        var sights: [[Sight]] = []
        for name in Self.names {
            let commands = logins.flatMap { answers in
                ["forget"] + answers.map { "answer \($0)" } + ["go authenticate"]
            }
            let origin = address.isEmpty ? [] : ["rhost \(address)"]
            let results = try await stack.run(
                ["user \(name)", "fail-delay note"] + origin + commands)
            #expect(results.count == logins.count)
            sights.append(results.map { Sight($0) })
        }
        return sights
    }

    @Test(
        "After wrong codes, a remote user learns of the wait, or a local one does not",
        arguments: ["", "192.0.2.66"])
    func wrongCodes(address: String) async throws {
        let enrolled = try enrolled()
        let wrong = try await enrolled.wrongCodes(8)
        let sights = try await look(enrolled, "", wrong.map { [$0] }, from: address)
        let ends = sights[0].map { $0.texts.last ?? "" }
        let refused = "error: That code was not accepted."
        let wait = "error: Too many wrong codes. Try again in 30 seconds."
        let later = address.isEmpty ? wait : refused
        #expect(ends == Array(repeating: refused, count: 5) + Array(repeating: later, count: 3))
        for other in sights { #expect(other == sights[0]) }
    }

    /// sshd's answer for unknown names, a password, a code of another length, and the same wrong
    /// code each time; with an occasional right code, and with several tries.
    @Test(
        "Seven answers that do not count reveal who is enrolled",
        arguments: ["", "retry=3", "forward_pass"])
    func uncounted(arguments: String) async throws {
        let enrolled = try enrolled()
        let wrong = try await enrolled.wrongCodes(10)
        let tries = arguments == "retry=3" ? 3 : 1
        for other in ["password", "12345678", wrong[9], "\u{8}INCORRECT"] {
            var logins = Array(repeating: Array(repeating: other, count: tries), count: 7)
            for index in 0..<7 { logins.append(Array(repeating: wrong[index], count: tries)) }
            let sights = try await look(enrolled, arguments, logins, from: "192.0.2.66")
            for sight in sights { #expect(sight == sights[0], "\(other)") }
            let said = Set(sights[0].flatMap(\.texts).filter { $0.hasPrefix("error: ") })
            #expect(said.allSatisfy { $0.hasPrefix("error: That code was not accepted.") })
        }
    }

    @Test("A decoy lets somebody in, if only by its right code")
    func rightCode() async throws {
        let enrolled = try enrolled()
        let stack = try enrolled.stack()
        for name in Self.names.dropFirst() {
            let code = try decoyCode(of: name, enrolled)
            let result = try await stack.login(name, [code])
            #expect(result.name == "PAM_AUTH_ERR")
            #expect(result.said == ["That code was not accepted."])
        }
    }

    /// The current code of the decoy that `name` is tried against.
    private func decoyCode(of name: String, _ enrolled: Enrolled) throws -> String {
        let store = try Store(path: Array(enrolled.store.utf8))
        guard let session = try store.openDecoy(for: Array(name.utf8)) else {
            throw Trouble("no decoy")
        }
        defer { session.close() }
        let step = TOTP.step(at: UInt64(Date().timeIntervalSince1970), period: 30)
        let code = session.withRecord { record in
            record.withKey(of: 0) { HOTP.code(key: $0, factor: step, algorithm: .sha1, digits: 6) }
        }
        return HOTP.text(code, digits: 6)
    }

    /// What can be wrong with a store, and what then applies to everybody.
    enum BadDay: CaseIterable {
        case noKey, openKey, openStore, noStore, noMarker, badMarker, fullDisk, readOnly

        func apply(_ enrolled: Enrolled) async throws {
            switch self {
            case .noKey: unlink(enrolled.store + "/seal.key")
            case .openKey: chmod(enrolled.store + "/seal.key", 0o644)
            case .openStore: chmod(enrolled.store, 0o755)
            case .noStore: rename(enrolled.store, enrolled.scratch.file("away"))
            case .noMarker: unlink(enrolled.store + "/marker")
            case .badMarker: truncate(enrolled.store + "/marker", 10)
            case .fullDisk: try await enrolled.fillDisk()
            case .readOnly: try await enrolled.makeReadOnly()
            }
        }
    }

    @Test("Trouble with the store looks different for different users", arguments: BadDay.allCases)
    func trouble(_ day: BadDay) async throws {
        let enrolled = try enrolled()
        let wrong = try await enrolled.wrongCode()
        try await day.apply(enrolled)
        let sights = try await look(enrolled, "", [[wrong]])
        #expect(sights[0][0].name == (day == .fullDisk ? "PAM_AUTH_ERR" : "PAM_AUTHINFO_UNAVAIL"))
        for other in sights { #expect(other == sights[0]) }
    }
}

/// The same for what cannot be seen, but takes time.
@Suite("The system calls for strangers")
struct StrangerCalls {
    /// The store's calls in a login with `code`: each with the number of bytes returned, if that is
    /// what it returns, and without those that found no file.
    private func calls(
        _ enrolled: Enrolled, _ user: String, _ code: String
    ) async throws -> (found: [String], missed: Int) {
        let trace = enrolled.scratch.file("trace")
        _ = try await enrolled.stack().login(
            user, [code],
            around: [
                "strace", "-f", "-o", trace, "-e",
                // Not getrandom(2): since glibc 2.41 random bytes rarely need a call.
                "trace=%file,flock,fstat,pread64,pwritev,pwrite64,fdatasync,fsync,clone",
            ])
        let lines = try String(contentsOfFile: trace, encoding: .utf8).split(separator: "\n")
            .filter { $0.contains("(") && !$0.contains("+++") }
        // The store's first call opens the root folder, to walk from there. Before it, the system
        // looked the name up, which takes the same time for every program.
        let ours = lines.drop {
            !$0.contains("openat(AT_FDCWD, \"/\",") || !$0.contains("O_NOCTTY")
        }
        let missed = ours.filter { $0.contains("ENOENT") && $0.contains("openat(") }
        let found = ours.filter { !$0.contains("ENOENT") }.map { line in
            let call = line.drop { $0 != " " }.drop { $0 == " " }.prefix { $0 != "(" }
            let isCounted = ["pread64", "pwritev"].contains { call == $0 }
            let count = line.split(separator: "= ").last ?? ""
            return isCounted ? "\(call) \(count)" : String(call)
        }
        return (found, missed.count)
    }

    @Test("An unknown name, a user without a record and an enrolled one cost different calls")
    func same() async throws {
        let enrolled = try Enrolled(user: "daemon")
        let reset = try Enrolled(user: "sys", in: enrolled.scratch)
        try reset.change { $0.removeAll() }
        let wrong = try await enrolled.wrongCode()
        // The first time makes the decoys.
        for name in ["bin", "sys", "mallory"] { _ = try await calls(enrolled, name, wrong) }
        let expected = try await calls(enrolled, "daemon", wrong)
        let looks: Set = ["openat", "newfstatat", "fstat", "readlink"]
        let work = expected.found.filter { !looks.contains($0) }
        #expect(
            work.starts(with: [
                "pread64 48", "pread64 60", "flock", "pread64 12288", "pwritev 496",
                "pwritev 4096", "fdatasync", "pwritev 16", "flock",
            ]))
        let unknown = try await calls(enrolled, "mallory", wrong)
        #expect(unknown.found == expected.found)
        #expect(unknown.missed == expected.missed)
        // One more call: there is no record.
        let without = try await calls(enrolled, "bin", wrong)
        #expect(without.found == expected.found && without.missed == expected.missed + 1)
        // An answer that is no guess costs the same as one.
        for odd in ["password", "12345678", wrong] {
            for name in ["daemon", "mallory"] {
                #expect(try await calls(enrolled, name, odd).found == expected.found, "\(odd)")
            }
        }
        // An empty record is read and closed before the decoy is.
        let emptied = try await calls(enrolled, "sys", wrong)
        let syncs = { (calls: [String]) in calls.filter { !looks.contains($0) } }
        #expect(
            syncs(emptied.found)
                == ["pread64 48", "pread64 60", "flock", "pread64 12288", "flock"]
                + work.dropFirst(2))
    }
}
