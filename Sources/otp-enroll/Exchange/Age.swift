import Glibc
import OTPCore
import OTPSystem

/// age(1), which encrypts backups and decrypts them. It runs without a shell, with nothing of our
/// environment, and gets what is secret by a pipe.
struct Age {
    /// Who can decrypt a file.
    enum Lock {
        /// Whoever has the identity of one of these, or of those in files.
        case recipients([String], files: [String])
        /// Whoever knows a passphrase, which age asks for at the terminal.
        case passphrase
    }

    private static let places = ["/usr/bin/age", "/usr/local/bin/age"]
    /// It starts its plugins, such as for security keys, by their names.
    private static let environment = ["PATH=/usr/local/bin:/usr/bin:/bin"]
    /// How its files begin.
    private static let beginnings = ["age-encryption.org/", "-----BEGIN AGE ENCRYPTED FILE-----"]
    /// As many bytes as tell whether a file is one of its own.
    static let beginningLength = 40

    private let program: String

    /// Finds it.
    init() throws(Failure) {
        guard let program = Age.places.first(where: SystemFiles.isExecutable) else {
            throw Failure(
                "age(1), which encrypts backups, is not installed",
                hint: "install the package age (Debian: apt install age)")
        }
        try SystemFiles.requireRoots(program)
        self.program = program
    }

    /// Whether bytes are the beginning of one of its files.
    static func hasWritten(_ bytes: some Sequence<UInt8>) -> Bool {
        beginnings.contains { bytes.starts(with: $0.utf8) }
    }

    /// Starts it to encrypt what it is given.
    func encryption(_ lock: Lock) throws(Failure) -> Filter {
        var words = [program, "--encrypt"]
        switch lock {
        case .recipients(let recipients, let files):
            words += recipients.flatMap { ["--recipient", $0] }
            words += files.flatMap { ["--recipients-file", $0] }
        case .passphrase: words.append("--passphrase")
        }
        return try start(words, reading: .given)
    }

    /// Starts it to decrypt; without an identity, it asks for a passphrase.
    func decryption(
        _ identities: [String], reading source: Filter.Source
    ) throws(Failure) -> Filter {
        try start(
            [program, "--decrypt"] + identities.flatMap { ["--identity", $0] }, reading: source)
    }

    private func start(
        _ words: [String], reading source: Filter.Source
    ) throws(Failure) -> Filter {
        do throws(SystemError) {
            return try Filter(words, environment: Age.environment, reading: source)
        } catch {
            throw Failure("\(program) cannot be started: \(error.text)")
        }
    }

    /// Checks that it did what it should.
    static func check(_ end: Filter.End, hints: [String] = []) throws(Failure) {
        guard end.status != 0 else { return }
        let prefix = "age: error: "
        let lines = String(decoding: end.errors, as: UTF8.self).split(separator: "\n")
        let line = lines.first { $0.hasPrefix(prefix) } ?? lines.first
        let why = line.map { $0.hasPrefix(prefix) ? $0.dropFirst(prefix.count) : $0 }
        throw Failure(
            "age: \(why.map { Output.printable(String($0)) } ?? "it ended with status \(end.status)")",
            hints: hints)
    }
}
