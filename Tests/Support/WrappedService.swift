import Foundation

/// otp-enroll in a folder of its own, where the swiftotpd that it starts for itself runs behind other
/// words: it gets nothing of its starter's environment.
public struct WrappedService {
    /// The otp-enroll to run.
    public let program: String

    /// `words` are for the shell, such as `faketime -f +25h`.
    public init(in scratch: Scratch, behind words: String) throws {
        let folder = try scratch.folder("wrapped-\(UUID().uuidString)", mode: 0o755)
        program = folder + "/otp-enroll"
        // No link: the program looks for the service beside its own file.
        try FileManager.default.copyItem(
            atPath: try Build.product("otp-enroll"), toPath: program)
        let script = """
            #!/bin/sh
            export PATH=/usr/sbin:/usr/bin:/sbin:/bin
            exec \(words) '\(try Build.product("swiftotpd"))' "$@"
            """
        let file = folder + "/swiftotpd"
        try Data(script.utf8).write(to: URL(fileURLWithPath: file))
        chmod(file, 0o755)
        for written in [program, file] { try Scratch.waitUntilExecutable(written) }
    }
}
