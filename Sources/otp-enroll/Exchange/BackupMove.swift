import OTPCore
import OTPSystem
import OTPWire

/// Everything, to another host by ssh: `otp-enroll restore` reads it there from a pipe.
struct BackupMove {
    private static let ssh = "/usr/bin/ssh"
    /// ssh(1)'s own status, and those of a shell that does not find or start the program.
    private static let unreached: CInt = 255
    private static let notThere: Set<CInt> = [126, 127]
    private static let usage: CInt = 64

    private let host: String
    private let remote: String
    private let keepsCodes: Bool
    private let context: Context
    private let configuration: String?

    init(
        to host: String, by remote: String, keepsCodes: Bool, _ context: Context,
        _ configuration: String?
    ) {
        (self.host, self.remote, self.keepsCodes) = (host, remote, keepsCodes)
        (self.context, self.configuration) = (context, configuration)
    }

    func run(asks: Bool) throws {
        guard SystemFiles.isExecutable(BackupMove.ssh) else {
            throw Failure("ssh(1) is not installed", hint: "install the package openssh-client")
        }
        let name = Output.printable(host)
        if asks {
            try send("--dry-run")
            guard Terminal.agrees("Do this on \(name)?") else {
                throw Failure("nothing was changed")
            }
        }
        try send("--yes")
        Output.hint(
            "let nobody log in here with a code from now on: \(name) would accept it as well")
    }

    /// Runs `restore` there, and gives it everything.
    private func send(_ option: String) throws {
        var words = [remote, "restore", "-", option, "--other-host"]
        if keepsCodes { words.append("--keep-backup-codes") }
        let modes = TerminalModes()
        defer { modes?.restore() }
        let signals = try Interruptions()
        let check = {
            if signals.endIsAsked() {
                throw Failure("interrupted", hint: "run it again: it begins anew")
            }
        }
        var filter: Filter
        do throws(SystemError) {
            filter = try Filter(
                [BackupMove.ssh, "-T", "--", host, words.joined(separator: " ")],
                environment: BackupMove.environment, reading: .given, output: 1, errors: 2)
        } catch {
            throw Failure("ssh cannot be started: \(error.text)")
        }
        var work = BackupWork(context)
        do {
            try work.write(configuration: configuration) {
                try filter.put($0, check: check) { _ in }
            }
        } catch is Filter.Ended {
            // Its status says why.
        }
        let end = try filter.finish(check: check) { _ in }
        guard end.status == 0 else { throw failure(end.status) }
        guard work.unreadable.isEmpty else { throw work.failure }
    }

    /// What ssh needs to find keys and to ask questions.
    private static var environment: [String] {
        ["HOME", "SSH_AUTH_SOCK", "TERM", "LANG", "LC_ALL", "LC_CTYPE"].compactMap { name in
            Machine.environment(name).map { "\(name)=\($0)" }
        } + ["PATH=/usr/local/bin:/usr/bin:/bin"]
    }

    private func failure(_ status: CInt) -> Failure {
        let name = Output.printable(host)
        switch status {
        case BackupMove.unreached:
            return Failure(
                "ssh does not reach \(name), or the connection broke",
                hint: "nothing is lost: run it again")
        case _ where BackupMove.notThere.contains(status):
            return Failure(
                "\(Output.printable(remote)) does not run on \(name)",
                hint: "install swiftotp there, or use --remote, such as --remote 'sudo otp-enroll'")
        case BackupMove.usage:
            return Failure("otp-enroll on \(name) is of another version")
        default:
            return Failure(
                "not everything was restored on \(name)",
                hint: "what is said above is of that host; then run it again")
        }
    }
}
