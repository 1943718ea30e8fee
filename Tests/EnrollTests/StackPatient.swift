import Foundation
import Synchronization
import TestSupport

/// A machine where users log in through PAM with passwords and codes: alice is enrolled with a
/// counter-based token, so that no test waits for the next code, and carol is not enrolled.
final class StackPatient: Sendable {
    let machine: DoctorPatient
    /// The folder of modules, including ours.
    private let modules: Scratch
    private let codes: Mutex<[String]>

    static let right = "correct horse", wrong = "battery staple"
    static let wrongCode = "000000"

    private init(_ model: Model) async throws {
        machine = try await DoctorPatient(like: model.machine)
        modules = model.modules
        codes = Mutex(model.codes)
    }

    // MARK: In turn

    /// Idle machines: making one takes longer than using it.
    private static let free = Mutex<[StackPatient]>([])

    /// Does something on a machine with its original PAM files.
    static func use(_ work: (StackPatient) async throws -> Void) async throws {
        let model = try await Self.model.value
        let patient: StackPatient
        if let free = free.withLock({ $0.popLast() }) {
            patient = free
        } else {
            patient = try await StackPatient(model)
        }
        try patient.restore(model.files)
        try await work(patient)
        free.withLock { $0.append(patient) }
    }

    private func restore(_ files: [String: String]) throws {
        for name in try FileManager.default.contentsOfDirectory(atPath: machine.real("/etc/pam.d"))
        where files[name] == nil { try machine.remove("/etc/pam.d/\(name)") }
        for (name, text) in files { try machine.write("/etc/pam.d/\(name)", text) }
        try machine.ssh([DoctorPatient.keyMethods])
    }

    private struct Model {
        let machine: DoctorPatient
        let modules: Scratch
        let codes: [String]
        /// The PAM files.
        let files: [String: String]
    }

    private static let model = Task {
        let machine = try await DoctorPatient()
        // No login shell, so that doctor does not miss her.
        try machine.change("/etc/passwd") {
            $0 + "carol:x:4003:4003::/home/carol:/usr/sbin/nologin\n"
        }
        let people = ["root", "alice", "bob", "carol"].map { "\($0):\(right)\n" }.joined()
        try await Command.output(
            machine.running(["chpasswd", "-c", "SHA256", "-s", "1000"]), input: people)
        let words = [
            try Build.product("otp-enroll"), "add", "alice", "--hotp", "--name", "fob",
            "--no-confirm", "--json",
        ]
        let told = try JSONSerialization.jsonObject(
            with: Data(try await Command.output(machine.running(words)).utf8))
        let uri = (told as? [String: Any])?["uri"] as? String ?? ""
        let (token, counter) = try Token.scanning(uri)
        let codes = try await Command.output(
            ["oathtool", "--hotp", "--base32", "--window=999", "--counter=\(counter)", "-"],
            input: token.key + "\n")
        var files: [String: String] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: machine.real("/etc/pam.d"))
        {
            files[name] = try String(
                contentsOfFile: machine.real("/etc/pam.d/\(name)"), encoding: .utf8)
        }
        return Model(
            machine: machine, modules: try await modules(),
            codes: codes.split(separator: "\n").map(String.init), files: files)
    }

    private static func modules() async throws -> Scratch {
        let modules = try Scratch()
        try await Command.output(["sh", "-c", "cp -a \(folder)/. '\(modules.path)'"])
        try await Command.output([
            "install", "-m", "0644", Build.module(), modules.file("pam_swiftotp.so"),
        ])
        // A local module of unknown purpose.
        try await Command.output([
            "cp", modules.file("pam_permit.so"), modules.file("pam_site.so"),
        ])
        return modules
    }

    private static let folder = "\(Machine.libraries)/security"

    /// Words that install our module before a program runs. Failures of others do not count there
    /// (pam_faillock).
    private var around: [String] {
        let script = """
            mount --bind '\(modules.path)' \(Self.folder) && mkdir -p /run/faillock &&
            mount -t tmpfs faillock /run/faillock && exec "$@"
            """
        return ["sh", "-c", script, "sh"]
    }

    private func running(_ words: [String]) -> [String] { machine.running(around + words) }

    /// `doctor --json` for a service.
    func examine(_ service: String) async throws -> DoctorPatient.Verdict {
        try await machine.examine(["--service", service], around: around)
    }

    /// doctor's text for people.
    func doctor(_ service: String) async throws -> String {
        try await machine.doctor("--service", service, around: around).output
    }

    /// Applies a change proposed by doctor, like an admin.
    func apply(_ diff: String) async throws {
        try await Command.output(running(["patch", "-s", "-p1", "-d", "/"]), input: diff)
    }

    // MARK: Logging in

    /// The result of a login.
    struct Login {
        let isAccepted: Bool
        /// The questions asked.
        let questions: [String]

        /// Whether the user was shown a key to enroll.
        var offersKey: Bool { questions.contains { $0.contains("Key: ") } }
    }

    /// Logs in through PAM, one after the other: who, and whether password and code are right.
    func logIn(
        _ logins: [(user: String, password: Bool, code: Bool)], service: String
    ) async throws -> [Login] {
        let program = try PipedChild(running([try Build.product("pam-dialogue")]))
        try program.write("service \(service)\nfail-delay note\n")
        var done: [Login] = []
        for login in logins {
            let later = Array(repeating: "answer-later\n", count: 6).joined()
            try program.write("forget\nuser \(login.user)\n\(later)go authenticate\n")
            var questions: [String] = []
            while let line = try await program.line() {
                guard let question = try Self.question(in: line) else {
                    let told = try JSONSerialization.jsonObject(with: line) as? [String: Any]
                    done.append(
                        Login(isAccepted: told?["code"] as? Int == 0, questions: questions))
                    break
                }
                questions.append(question)
                try program.write("answer \(answer(to: question, login.password, login.code))\n")
            }
        }
        guard done.count == logins.count else { throw Trouble("pam-dialogue has ended") }
        return done
    }

    private static func question(in line: Data) throws -> String? {
        let told = try JSONSerialization.jsonObject(with: line) as? [String: Any]
        guard let messages = told?["message"] as? [[String: Any]] else { return nil }
        return messages.last?["text"] as? String
    }

    private func answer(to question: String, _ password: Bool, _ code: Bool) -> String {
        var answer = ""
        if question.contains("assword") { answer = password ? Self.right : Self.wrong }
        // Nothing is typed when a key is shown.
        guard question.contains("code: "), !question.contains("Key: ") else { return answer }
        return answer + (code ? codes.withLock { $0.removeFirst() } : Self.wrongCode)
    }
}
