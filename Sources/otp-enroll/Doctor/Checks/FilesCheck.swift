import OTPCore
import OTPPAM

/// The files that decide about logins, and the folders above them: anybody who can change one of
/// them needs no code. Other checks cover configuration, store, module and service.
enum FilesCheck {
    static let name = "files"

    /// Checks PAM's files, the modules of a stack, the service's units and sshd's files.
    static func look(_ stack: PAMStack?, _ options: Options, service: String) -> Look {
        var files = ["/etc/pam.conf"] + names(in: "/etc/pam.d") + names(in: "/usr/lib/pam.d")
        files += ServiceUnit.files
        if service == "sshd" {
            files += ["/etc/ssh/sshd_config"] + names(in: "/etc/ssh/sshd_config.d")
        }
        var parts = files.filter(SystemFiles.exists).flatMap(PathSafety.parts)
        // Other checks cover the files of these two themselves.
        for line in stack?.auth ?? [] {
            guard let path = LoadedModule.path(of: line.module) else { continue }
            parts +=
                line.isOurs ? PathSafety.parts(of: path).dropLast() : PathSafety.parts(of: path)
        }
        let program = options.program.map { String(decoding: $0, as: UTF8.self) }
        parts += PathSafety.parts(of: program ?? OptionKey.program.fallback).dropLast()
        var looked: Set<String> = []
        var findings = parts.filter { looked.insert($0).inserted }.compactMap(PathSafety.finding)
        for line in stack?.lines ?? [] {
            for file in ArgumentFiles.of(line) where looked.insert(file).inserted {
                // What is open already is reported once.
                let known = Set(findings.map(\.place))
                if let finding = ArgumentFiles.finding(file, line), !known.contains(finding.place) {
                    findings.append(finding)
                }
            }
        }
        return Look(name, Words.count(looked.count, "file") + " and folders", findings)
    }

    private static func names(in folder: String) -> [String] {
        SystemFiles.names(in: folder).map { folder + "/" + $0 }
    }
}
