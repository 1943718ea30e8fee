import OTPCore
import OTPStore
import OTPSystem

/// Seals the seal key as a credential of systemd, and opens it again, by systemd-creds(1), which
/// knows the TPM and the host key.
struct SystemdCredential {
    let kept: KeyKept

    private static let program = "/usr/bin/systemd-creds"
    /// What the credential is called inside, so that no other one is taken for it.
    private static let name = "--name=swiftotp.key"
    /// A TPM takes a second or two, and longer if others use it.
    private static let patience = Duration.seconds(60)

    /// The sealed key, after it was opened again.
    func sealed(_ key: [UInt8]) throws(Failure) -> [UInt8] {
        var words = ["encrypt", Self.name, "--with-key=\(kept.way.rawValue)"] + device
        if kept.way.needsTPM { words.append("--tpm2-pcrs=\(kept.registers)") }
        let credential = try Self.run(words, reading: key, to: "seal")
        var again = try opened(credential)
        defer { Secret.wipe(&again) }
        guard again == key else {
            throw Failure("systemd-creds does not open again what it has sealed")
        }
        return credential
    }

    /// Opens a sealed key. The caller wipes it.
    func opened(_ credential: [UInt8]) throws(Failure) -> [UInt8] {
        try Self.run(["decrypt", Self.name] + device, reading: credential, to: "open")
    }

    private var device: [String] {
        guard kept.way.needsTPM, let device = kept.device else { return [] }
        return ["--tpm2-device=\(device)"]
    }

    /// Whether systemd can use a TPM of this machine, and if not, what is missing.
    static func findTPM() throws(Failure) -> (isThere: Bool, missing: String) {
        guard let said = Tool.ask([program, "has-tpm2"]) else { throw notInstalled }
        let missing = said.output.split(separator: "\n").filter { $0.hasPrefix("-") }
            .map { String($0.dropFirst()) }
        return (said.status == 0, missing.joined(separator: ", "))
    }

    private static var notInstalled: Failure {
        Failure(
            "\(program) cannot be started, and it does the sealing",
            hint: "install systemd 250 or later; `otp-enroll seal --to file` needs none")
    }

    private static func run(
        _ words: [String], reading input: [UInt8], to act: String
    ) throws(Failure) -> [UInt8] {
        let result: Tool.Result?
        do throws(SystemError) {
            result = try Tool.run(
                [program] + words + ["-", "-"], reading: input,
                environment: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"],
                within: patience, keeping: 65_536)
        } catch {
            throw notInstalled
        }
        guard let result else {
            throw Failure("systemd-creds has not answered for a minute; the TPM may be in trouble")
        }
        guard result.status == 0, !result.output.isEmpty else {
            let why = String(decoding: result.errors, as: UTF8.self).split(separator: "\n").last
            throw Failure(
                "systemd-creds cannot \(act) the key: "
                    + Output.printable(why.map(String.init) ?? "status \(result.status)"))
        }
        return result.output
    }
}
