import Foundation
import TestSupport

/// The real smstools without a modem, and a messenger that hands it text messages as docs/RECIPES.md
/// says.
struct SMSTools {
    let messenger: Messenger
    private let scratch: Scratch
    private let spool: String
    private let gateway: Child

    init() async throws {
        try Build.requireGround()
        scratch = try Scratch()
        spool = try scratch.folder("sms", mode: 0o755)
        let spool = spool
        let folders = ["outgoing", "checked", "failed", "incoming", "sent"].map { "\(spool)/\($0)" }
        // As Debian's package does.
        try await Command.output(["mkdir"] + folders)
        try await Command.output(["chown", "smsd:smsd", spool] + folders)
        try await Command.output(["chmod", "3775", spool] + folders)
        let configuration = """
            devices = GSM1
            outgoing = \(spool)/outgoing
            checked = \(spool)/checked
            failed = \(spool)/failed
            incoming = \(spool)/incoming
            sent = \(spool)/sent
            logfile = \(spool)/log
            loglevel = 7
            delaytime = 1
            autosplit = 3
            [GSM1]
            device = /dev/null
            modem_disabled = yes
            sending_disabled = yes

            """
        let file = try scratch.write(configuration, to: "smsd.conf", mode: 0o644)
        gateway = try TextMessageTests.quietly(
            [
                "smsd", "-c\(file)", "-p\(spool)/pid", "-i\(spool)/working", "-usmsd", "-gsmsd",
            ], temporary: spool)
        let account = try await Account.make("sender", groups: ["smsd"])
        messenger = try await Messenger(as: account)
        let script = try TextMessageTests.recipe("`/usr/local/sbin/swiftotp-smstools`")
            .replacing("/var/spool/sms", with: spool)
        let program = try messenger.program(script)
        try messenger.configure(
            try TextMessageTests.recipe("**smstools**")
                .replacing("/usr/local/sbin/swiftotp-smstools", with: program))
    }

    /// The first message that was sent, with its headers.
    func sent() async throws -> String {
        let folder = "\(spool)/sent"
        let name = try await patiently("a message in \(folder)", within: TextMessageTests.patience)
        {
            try FileManager.default.contentsOfDirectory(atPath: folder).first
        }
        return try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
    }

    /// What waits for the modem.
    var waiting: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: "\(spool)/outgoing") }
    }

    var log: String {
        get throws { try String(contentsOfFile: "\(spool)/log", encoding: .utf8) }
    }

    /// Ends it with its own processes.
    func end() async throws {
        gateway.signal(SIGTERM)
        _ = try await gateway.finish(within: TextMessageTests.patience)
    }
}
