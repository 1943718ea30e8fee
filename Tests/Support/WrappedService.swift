import Foundation

/// otp-enroll in its own folder, where the swiftotpd that it starts is run by other words: it does
/// not inherit its starter's environment.
public struct WrappedService {
    /// The otp-enroll to run.
    public let program: String

    /// `words` are for the shell, such as `faketime -f +25h`.
    public init(in scratch: Scratch, behind words: String) throws {
        let folder = try scratch.folder("wrapped-\(UUID().uuidString)", mode: 0o755)
        program = folder + "/otp-enroll"
        // Not a link: the program looks for the service next to its own file.
        try Scratch.copy(program: Build.product("otp-enroll"), to: program)
        let script = """
            #!/bin/sh
            export PATH=/usr/sbin:/usr/bin:/sbin:/bin
            exec \(words) '\(try Build.product("swiftotpd"))' "$@"
            """
        let file = folder + "/swiftotpd"
        try Data(script.utf8).write(to: URL(fileURLWithPath: file))
        chmod(file, 0o755)
        try Scratch.waitUntilExecutable(file)
    }
}
