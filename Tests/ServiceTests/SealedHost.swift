import Foundation
import TestSupport
import Testing

/// A machine with the default store in folders of its own, a TPM, and a memory that is gone when it
/// starts again.
struct SealedHost {
    let scratch: Scratch
    let tpm: SoftTPM
    /// Backup codes of `user`, each for one login.
    let codes: [String]

    static let user = "daemon"

    private static let folders = [
        ("/etc/swiftotp", "disk"), ("/var/lib", "lib"), ("/run/swiftotp", "run"),
        ("/run/swiftotp-key", "memory"),
    ]

    private static func make(in scratch: Scratch) throws {
        for (name, mode) in [
            ("disk", 0o700), ("lib", 0o755), ("lib/swiftotp", 0o700), ("lib/systemd", 0o755),
            ("run", 0o755), ("memory", 0o700),
        ] as [(String, mode_t)] {
            _ = try scratch.folder(name, mode: mode)
        }
    }

    /// A machine where `user` is enrolled, and the key is in a file.
    init() async throws {
        try Build.requireGround()
        (scratch, tpm) = (try Scratch(), try await SoftTPM())
        try Self.make(in: scratch)
        let words = try [Build.product("otp-enroll"), "add", Self.user, "--no-confirm", "--json"]
        let text = try await Command.output(Self.running(words, in: scratch))
        let told = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        codes = try #require(told?["backup_codes"] as? [String])
    }

    /// The machine's file system with another TPM and nothing in memory: a copy of its disk.
    private init(copying host: SealedHost) async throws {
        (scratch, tpm) = (try Scratch(), try await SoftTPM())
        codes = host.codes
        try Self.make(in: scratch)
        for name in ["disk", "lib"] {
            try await Command.output(["cp", "-a", host.place(name) + "/.", place(name)])
        }
        // The admin of the other machine would have to name its TPM.
        let note = place("disk") + "/seal.kept"
        let text = try String(contentsOfFile: note, encoding: .utf8)
        try Data(text.replacing(host.tpm.device, with: tpm.device).utf8)
            .write(to: URL(fileURLWithPath: note))
    }

    /// Another machine with a copy of this one's disk.
    func stolen() async throws -> SealedHost { try await SealedHost(copying: self) }

    func place(_ name: String) -> String { scratch.file(name) }

    /// The names in a folder of the machine.
    func names(_ folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: place(folder)).sorted()
    }

    func bytes(_ file: String) -> Data? { FileManager.default.contents(atPath: place(file)) }

    // MARK: Running

    private static func running(_ words: [String], in scratch: Scratch) -> [String] {
        let binds = folders.map { folder, name in
            "mkdir -m 700 -p \(folder) && mount --bind '\(scratch.file(name))' \(folder) && "
        }.joined()
        return ["unshare", "--mount", "sh", "-c", binds + #"exec "$@""#, "sh"] + words
    }

    /// The words that run a program on this machine.
    func running(_ words: [String]) -> [String] { Self.running(words, in: scratch) }

    /// Runs a command; `around` are words before it.
    func run(
        _ arguments: String..., input: String = "", around: [String] = []
    ) async throws -> Command {
        try await tpm.flush()
        let words = around + [try Build.product("otp-enroll")] + arguments
        return try await Command.run(running(words), input: input)
    }

    /// Seals the key, and returns the recovery key.
    @discardableResult
    func seal(_ arguments: String..., to target: String = "tpm2") async throws -> String {
        try await tpm.flush()
        let words =
            [try Build.product("otp-enroll"), "seal", "--to", target]
            + (target == "tpm2" ? ["--tpm2-device", tpm.device] : []) + arguments
        let done = try await Command.run(running(words))
        try #require(done.status == 0, "\(done.errors)")
        return try Self.recoveryKey(in: done.output)
    }

    static func recoveryKey(in output: String) throws -> String {
        let found = output.firstMatch(of: #/Recovery key: ((?:[0-9A-Z]{4}-){7}[0-9A-Z]{4})\n/#)
        return String(try #require(found, "\(output)").output.1)
    }

    /// Starts the machine again: what was in memory is gone, and the unit opens the key.
    func restart() async throws -> Command {
        for name in try names("memory") { unlink(place("memory") + "/" + name) }
        try await tpm.flush()
        return try await Command.run(running([Project.path("packaging/open-key")]))
    }

    // MARK: Logging in

    /// A login by the module, which starts a service of its own, with the given code; the result's
    /// name and what was said.
    func login(_ code: String) async throws -> Host.Result {
        let host = try await Host(place("run") + "/none.sock", around: running([]))
        return try await host.login(Self.user, code)
    }

    /// The same through the service that listens.
    func serve() async throws -> (unit: SocketUnit, host: Host) {
        let socket = place("run") + "/swiftotpd.sock"
        let unit = try await SocketUnit(
            socket, in: scratch, backlog: 16, starting: running([Build.product("swiftotpd")]))
        return (unit, try await Host(socket, around: running([])))
    }
}
