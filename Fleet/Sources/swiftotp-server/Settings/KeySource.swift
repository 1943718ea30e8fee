import FleetNetwork
import OTPSystem

/// Where a server's master keys are: in a file of its folder, or in a credential that systemd has
/// opened for this process (systemd.exec(5)), so that nothing on the disk opens the records.
enum KeySource {
    case file(String)
    case credential(String)

    /// Where they are. Throws if they are nowhere, or in both places: one of them may be an old one.
    static func find(in folder: String) throws(FleetProblem) -> KeySource {
        let file = "\(folder)/\(ServerFolder.keyName)"
        switch (PrivateFile.exists(file), passed) {
        case (true, nil): return .file(file)
        case (false, let path?): return .credential(path)
        case (true, let path?):
            throw FleetProblem(
                "there are two master keys, \(file) and the credential \(path): remove the file, or "
                    + "else LoadCredentialEncrypted= from the unit")
        case (false, nil):
            throw FleetProblem("\(file) is missing; restore it. \(way(for: CommandLine.arguments))")
        }
    }

    /// The keys, as they are now.
    func read() throws(FleetProblem) -> KeyFile {
        switch self {
        case .file(let path): try KeyFile(try PrivateFile.read(path))
        case .credential(let path): try KeyFile(try PrivateFile.credential(path))
        }
    }

    /// The credential of this process, if systemd has opened one.
    static var passed: String? {
        guard let folder = Process.variable("CREDENTIALS_DIRECTORY") else { return nil }
        let path = "\(folder)/\(ServerFolder.keyName)"
        return PrivateFile.exists(path) ? path : nil
    }

    private static let setting =
        "LoadCredentialEncrypted=fleet.key:/etc/credstore.encrypted/swiftotp-fleet.key"

    /// How a program of these words gets the credential.
    private static func way(for words: [String]) -> String {
        guard words.dropFirst().first != "serve" else {
            return "If it is a credential of systemd, the unit lacks `\(setting)`"
        }
        // In this folder (-d), for paths of files. No password: systemd shows the variables of a unit
        // to everybody.
        let start = ["systemd-run", "-qdGP", "-E", "SUDO_USER", "-p", setting]
        // systemd would take a single $ for a variable.
        let safe = words.map { $0.replacing("$", with: "$$") }
        let line = (start + safe).map(quoted).joined(separator: " ")
        return "If it is a credential of systemd, run this:\n    \(line)"
    }

    /// A word as a shell takes it.
    private static func quoted(_ word: String) -> String {
        let isPlain = word.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
            default: "-_./:=,@%+".utf8.contains(byte)
            }
        }
        if isPlain, !word.isEmpty { return word }
        let parts = word.split(separator: "'", omittingEmptySubsequences: false)
        return "'\(parts.joined(separator: "'\\''"))'"
    }
}
